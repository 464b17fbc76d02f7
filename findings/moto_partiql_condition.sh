#!/bin/sh
# moto's DynamoDB answers 200 to a PartiQL UPDATE whose condition does not hold or whose item is missing.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' 'boto3==1.44.8'
cat >"$work/finding.py" <<'PYTHON'
import os
from importlib.metadata import version

import boto3
from moto import mock_aws

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="eu-central-1")
with mock_aws():
    dynamodb = boto3.client("dynamodb")
    key = [{"AttributeName": "k", "KeyType": "HASH"}]
    types = [{"AttributeName": "k", "AttributeType": "S"}]
    dynamodb.create_table(TableName="t", KeySchema=key, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST")
    dynamodb.put_item(TableName="t", Item={"k": {"S": "here"}, "a": {"S": "1"}})

    def status(statement, *values):
        answer = dynamodb.execute_statement(Statement=statement, Parameters=[{"S": value} for value in values])
        return answer["ResponseMetadata"]["HTTPStatusCode"]

    unmet = status("UPDATE t SET a=? WHERE k=? AND a=?", "2", "here", "99")
    missing = status("UPDATE t SET a=? WHERE k=?", "2", "nobody")
    kept = dynamodb.get_item(TableName="t", Key={"k": {"S": "here"}})["Item"]["a"]["S"]
    print("moto", version("moto"), "boto3", version("boto3"))
    print("expected: ConditionalCheckFailedException, which is how AWS documents both")
    print(f"  condition not met: {unmet}, value still {kept!r}")
    print(f"  item missing:      {missing}")
    assert (unmet, missing, kept) == (200, 200, "1"), "it changed"
PYTHON
cd "$work" && "$work/venv/bin/python" -W ignore finding.py
