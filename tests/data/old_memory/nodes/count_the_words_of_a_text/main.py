import json
import sys
from collections import Counter


def main():
    text = json.load(sys.stdin).get("text", "")
    print(json.dumps({"result": dict(Counter(text.lower().split()))}))


if __name__ == "__main__":
    main()
