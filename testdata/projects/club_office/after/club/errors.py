class NoSuchMember(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
