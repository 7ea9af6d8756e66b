def run(command: list[str]) -> int:
    return len(command)
