"""Users in users.json."""

from app.core.errors import NotFoundError
from app.repositories.json_store import JsonStore, store
from app.schemas import User


class UserRepository:
    collection = "users"

    def __init__(self, store: JsonStore):
        self.store = store

    def get(self, user_id: str) -> User:
        row = self.store.load(self.collection).get(user_id)
        if row is None:
            raise NotFoundError("user", user_id)
        return User.model_validate(row)

    def by_email(self, email: str) -> User | None:
        for row in self.store.load(self.collection).values():
            if row["email"] == email.lower():
                return User.model_validate(row)
        return None

    def save(self, user: User) -> User:
        self.store.put(self.collection, user.id, user.model_dump(mode="json"))
        return user

    def next_id(self) -> str:
        return f"u-{self.store.next_number('user'):03d}"


users = UserRepository(store)
