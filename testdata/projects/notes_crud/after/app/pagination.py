from sqlalchemy.sql import Select

PAGE_SIZE = 3


def page_of(query: Select, page: int) -> Select:
    """The rows of one page, counted from 1."""
    return query.offset((page - 1) * PAGE_SIZE).limit(PAGE_SIZE)


def pages(total: int) -> int:
    return max(1, -(-total // PAGE_SIZE))
