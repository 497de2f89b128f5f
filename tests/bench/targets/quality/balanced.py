def balanced(text):
    stack = []
    for character in text:
        if character == "(" or character == "[":
            stack.append(character)
        elif character == ")":
            if not stack or stack.pop() != "(":
                return False
        elif character == "]":
            if not stack or stack.pop() != "[":
                return False
    return not stack
