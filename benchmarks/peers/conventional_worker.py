"""Peer: the worker as one would write it: everything imported and every client built at the top."""

import boto3
import httpx
import powertools_worker
from openai import OpenAI

ssm = boto3.client("ssm")
secrets = boto3.client("secretsmanager")
richpanel = httpx.Client(timeout=5)
openai = OpenAI(api_key="sk-none")
handler = powertools_worker.handler
