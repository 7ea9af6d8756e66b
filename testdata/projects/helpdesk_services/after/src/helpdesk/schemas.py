from pydantic import BaseModel, ConfigDict, Field


class FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class TeamIn(BaseModel):
    name: str = Field(min_length=2)


class AgentIn(BaseModel):
    name: str = Field(min_length=2)
    email: str


class TicketIn(BaseModel):
    subject: str = Field(min_length=3, max_length=120)
    text: str
    author_id: int


class CommentIn(BaseModel):
    text: str
    author_id: int


class TeamOut(FromRow):
    id: int
    name: str


class AgentOut(FromRow):
    id: int
    name: str
    team: TeamOut


class TeamWithAgents(TeamOut):
    agents: list[AgentOut]


class CommentOut(FromRow):
    text: str
    author: AgentOut


class TicketOut(FromRow):
    id: int
    subject: str
    status: str
    assignee: AgentOut | None


class TicketDetail(TicketOut):
    comments: list[CommentOut]
