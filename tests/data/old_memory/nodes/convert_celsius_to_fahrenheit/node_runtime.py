def call_tool(name, prompt, **kw):
    return "Mock generated content for testing"
