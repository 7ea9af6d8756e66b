from pydantic import BaseModel, ConfigDict, Field


class MemberIn(BaseModel):
    name: str = Field(min_length=2)


class MemberOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str


class ItemIn(BaseModel):
    title: str = Field(min_length=1)


class BidOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    amount: int
    bidder: MemberOut


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    is_open: bool
    seller: MemberOut


class ItemWithBids(ItemOut):
    bids: list[BidOut]
