def is_valid(password):
    def has_digit(text):
        for character in text:
            if character.isdigit() == True:
                return True
        return False

    def has_no_blank(text):
        for character in text:
            if character == " ":
                return False
        return True

    if len(password) >= 8:
        if has_digit(password):
            if has_no_blank(password):
                return True
            else:
                return False
        else:
            return False
    else:
        return False
