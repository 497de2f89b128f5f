def grade(points, on_time):
    result = ""
    if points >= 50:
        if on_time == True:
            result = "passed"
            return result
        else:
            result = "late"
            return result
    else:
        result = "failed"
        return result
