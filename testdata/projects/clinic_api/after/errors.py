class SlotTaken(Exception):
    def __init__(self, doctor, slot):
        self.doctor = doctor
        self.slot = slot


class UnknownPatient(Exception):
    pass
