import json
import subprocess
import sys


def run(value):
    done = subprocess.run([sys.executable, "main.py"], input=json.dumps({"input": value}), capture_output=True, text=True)
    return json.loads(done.stdout)["result"]


assert run(0) == 32
assert run(100) == 212
print("All tests passed")
