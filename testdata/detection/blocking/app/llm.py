"""Language models: clients, module functions, streams, chains."""

import anthropic
import cohere
import google.generativeai as genai
import litellm
import ollama
import openai
import replicate
from anthropic import Anthropic
from fastapi import APIRouter
from google import genai as new_genai
from groq import Groq
from huggingface_hub import InferenceClient, hf_hub_download
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from mistralai import Mistral
from openai import AzureOpenAI, OpenAI

router = APIRouter()
client = OpenAI()
claude = Anthropic()
azure = AzureOpenAI(azure_endpoint="https://x", api_version="2024-06-01")
llm = ChatOpenAI(model="gpt-4o")
chain = ChatPromptTemplate.from_template("{q}") | llm


class Assistant:
    def __init__(self, model: str) -> None:
        self.client = openai.OpenAI()
        self.model = model

    def ask(self, q: str) -> str:
        messages = [{"role": "user", "content": q}]
        return self.client.chat.completions.create(model=self.model, messages=messages).choices[0].message.content  # either


@router.get("/chat")
async def chat(q: str):
    return client.chat.completions.create(model="m", messages=[]).choices[0].message.content  # blocks


@router.get("/chat-stream")
async def chat_stream(q: str):
    stream = client.chat.completions.create(model="m", messages=[], stream=True)  # blocks
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)  # blocks


@router.get("/embeddings")
async def embeddings(q: str):
    return client.embeddings.create(model="m", input=q).data[0].embedding  # blocks


@router.get("/responses")
async def responses(q: str):
    return client.responses.create(model="m", input=q).output_text  # blocks


@router.get("/images")
async def images(q: str):
    return openai.OpenAI(api_key="k").images.generate(prompt=q).data[0].url  # blocks


@router.get("/module-level")
async def module_level(q: str):
    return openai.chat.completions.create(model="m", messages=[])  # blocks


@router.get("/assistant")
async def assistant(q: str):
    return Assistant("m").ask(q)  # blocks


@router.get("/azure")
async def in_azure(q: str):
    return azure.chat.completions.create(model="m", messages=[])  # blocks


@router.get("/options")
async def options(q: str):
    return client.with_options(timeout=5).models.list().data  # blocks


@router.get("/claude")
async def in_claude(q: str):
    return claude.messages.create(model="m", max_tokens=9, messages=[]).content[0].text  # blocks


@router.get("/claude-stream")
async def claude_stream(q: str):
    with anthropic.Anthropic().messages.stream(model="m", max_tokens=9, messages=[]) as s:  # blocks
        return "".join(s.text_stream)  # blocks


@router.get("/groq")
async def in_groq(q: str):
    return Groq().chat.completions.create(model="m", messages=[])  # blocks


@router.get("/cohere")
async def in_cohere(q: str):
    return cohere.Client("k").chat(message=q).text  # blocks


@router.get("/mistral")
async def mistral(q: str):
    return Mistral(api_key="k").chat.complete(model="m", messages=[])  # blocks


@router.get("/gemini")
async def gemini(q: str):
    return genai.GenerativeModel("gemini").generate_content(q).text  # blocks


@router.get("/gemini-new")
async def gemini_new(q: str):
    return new_genai.Client().models.generate_content(model="m", contents=q).text  # blocks


@router.get("/ollama")
async def in_ollama(q: str):
    return ollama.chat(model="m", messages=[])["message"]  # blocks


@router.get("/litellm")
async def in_litellm(q: str):
    return litellm.completion(model="m", messages=[])  # blocks


@router.get("/replicate")
async def in_replicate(q: str):
    return replicate.run("model", input={"prompt": q})  # blocks


@router.get("/invoke")
async def invoke(q: str):
    return llm.invoke(q).content  # blocks


@router.get("/chain")
async def in_chain(q: str):
    return chain.invoke({"q": q})  # blocks


@router.get("/hub")
async def hub():
    return hf_hub_download("repo", "file")  # blocks


@router.get("/inference")
async def inference(q: str):
    return InferenceClient().text_generation(q)  # blocks
