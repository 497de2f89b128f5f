import json
import sys


def main():
    data = json.load(sys.stdin)
    value = float(data.get("input", data.get("value", 0)))
    print(json.dumps({"result": value * 9 / 5 + 32}))


if __name__ == "__main__":
    main()
