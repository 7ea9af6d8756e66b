"""SDKs of services."""

import analytics
import github
import gitlab
import hubspot
import jwt
import mailchimp_marketing
import sentry_sdk
import slack_sdk
import stripe
import tweepy
from algoliasearch.search_client import SearchClient
from atlassian import Confluence
from email_validator import validate_email
from fastapi import APIRouter
from github import Github
from gspread import service_account
from jira import JIRA
from jwt import PyJWKClient
from mixpanel import Mixpanel
from notion_client import Client as Notion
from plaid.api import plaid_api
from simple_salesforce import Salesforce
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient
from supabase import Client, create_client
from telegram import Bot  # noqa: F401
from twilio.rest import Client as TwilioClient
from zenpy import Zenpy

router = APIRouter()
stripe.api_key = "sk"
slack = WebClient(token="x")
twilio = TwilioClient("sid", "token")
supabase: Client = create_client("https://x", "key")
keys = PyJWKClient("https://auth.example.com/keys")


@router.post("/charge")
async def charge(amount: int):
    return stripe.Charge.create(amount=amount, currency="eur").id  # blocks


@router.post("/intent")
async def intent(amount: int):
    return stripe.PaymentIntent.create(amount=amount, currency="eur").client_secret  # blocks


@router.post("/checkout")
async def checkout():
    return stripe.checkout.Session.create(mode="payment", line_items=[]).url  # blocks


@router.get("/customer")
async def customer(key: str):
    return stripe.Customer.retrieve(key).email  # blocks


@router.get("/stripe-client")
async def stripe_client(key: str):
    return stripe.StripeClient("sk").customers.retrieve(key)  # blocks


@router.post("/slack")
async def in_slack(text: str):
    slack.chat_postMessage(channel="#x", text=text)  # blocks


@router.post("/slack-hook")
async def slack_hook(text: str):
    WebhookClient("https://hooks.slack.com/x").send(text=text)  # blocks


@router.post("/slack-module")
async def slack_module():
    return slack_sdk.WebClient("t").users_list()["members"]  # blocks


@router.post("/sms")
async def sms(to: str):
    return twilio.messages.create(to=to, from_="+1", body="hi").sid  # blocks


@router.get("/github")
async def in_github():
    return Github("token").get_repo("a/b").full_name  # blocks


@router.get("/github-issues")
async def github_issues():
    repo = github.Github().get_repo("a/b")  # blocks
    return [issue.title for issue in repo.get_issues()]  # blocks


@router.get("/gitlab")
async def in_gitlab():
    return gitlab.Gitlab("https://gitlab.com").projects.get(1).name  # blocks


@router.get("/jira")
async def in_jira(key: str):
    return JIRA("https://jira", basic_auth=("a", "b")).issue(key).key  # blocks


@router.get("/confluence")
async def confluence():
    return Confluence("https://c").get_page_by_id("1")  # blocks


@router.get("/notion")
async def notion(key: str):
    return Notion(auth="x").databases.query(database_id=key)  # blocks


@router.get("/supabase")
async def in_supabase():
    return supabase.table("users").select("*").eq("id", 1).execute().data  # blocks


@router.get("/supabase-auth")
async def supabase_auth(token: str):
    return supabase.auth.get_user(token)  # blocks


@router.get("/sheets")
async def sheets():
    return service_account("key.json").open("Orders").sheet1.get_all_records()  # blocks


@router.get("/salesforce")
async def salesforce():
    return Salesforce(username="u", password="p").query("SELECT Id FROM Lead")  # blocks


@router.get("/algolia")
async def algolia(q: str):
    return SearchClient.create("app", "key").init_index("docs").search(q)  # blocks


@router.get("/jwks")
async def jwks(token: str):
    key = keys.get_signing_key_from_jwt(token)  # blocks
    return jwt.decode(token, key.key, algorithms=["RS256"])


@router.get("/email-check")
async def email_check(email: str):
    return validate_email(email, check_deliverability=True).normalized  # blocks


@router.get("/flush")
async def flush():
    sentry_sdk.flush(timeout=2)  # blocks


@router.get("/tweet")
async def tweet(text: str):
    tweepy.Client("token").create_tweet(text=text)  # blocks


@router.get("/mixpanel")
async def mixpanel(user: str):
    Mixpanel("token").track(user, "seen")  # blocks


@router.get("/analytics")
async def in_analytics():
    analytics.flush()  # blocks


@router.get("/hubspot")
async def in_hubspot():
    return hubspot.HubSpot(access_token="t").crm.contacts.get_all()  # blocks


@router.get("/mailchimp")
async def mailchimp():
    return mailchimp_marketing.Client().ping.get()  # blocks


@router.get("/zendesk")
async def zendesk():
    return [t.id for t in Zenpy(subdomain="x").tickets()]  # blocks


@router.get("/plaid")
async def plaid(api: str):
    return plaid_api.PlaidApi(None).accounts_get({})  # blocks
