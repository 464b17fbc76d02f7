"""Reference: nothing but `boto3.client("sqs")`."""

import boto3

client = boto3.client("sqs")
