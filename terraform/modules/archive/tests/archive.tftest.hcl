# Without mocks: the bucket policies are computed for real.
provider "aws" {
  region = "us-east-2"
}

variables {
  name             = "rp-mw-test-archive-123456789012"
  retention_days   = 30
  reader_role_arns = ["arn:aws:iam::123456789012:role/rp-mw-replay"]
  kms_key_arn      = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
  table_arn        = "arn:aws:dynamodb:us-east-2:123456789012:table/rp_mw_test_audit_trail"
}

run "archive_is_private_encrypted_and_forgets" {
  command = apply

  assert {
    condition     = alltrue([for block in values(aws_s3_bucket_public_access_block.this) : block.block_public_acls && block.block_public_policy && block.restrict_public_buckets])
    error_message = "Neither bucket may be public."
  }

  assert {
    condition     = alltrue([for configuration in values(aws_s3_bucket_lifecycle_configuration.this) : configuration.rule[0].expiration[0].days == 30])
    error_message = "Objects must be deleted after the retention."
  }

  assert {
    condition     = one([for s in jsondecode(data.aws_iam_policy_document.events.json).Statement : s.Effect if s.Sid == "DenyReadingToOthers"]) == "Deny"
    error_message = "Only the named roles may read."
  }

  assert {
    condition     = aws_s3_bucket_logging.events.target_bucket == aws_s3_bucket.logs.id
    error_message = "Access must be logged."
  }
}

run "refuses_a_bad_name" {
  command = plan

  variables {
    name = "Archive"
  }

  expect_failures = [var.name]
}

run "refuses_keeping_for_ever" {
  command = plan

  variables {
    retention_days = 3650
  }

  expect_failures = [var.retention_days]
}

run "refuses_an_archive_without_named_readers" {
  command = plan

  variables {
    reader_role_arns = []
  }

  expect_failures = [var.reader_role_arns]
}

run "refuses_no_customer_key" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/s3"
  }

  expect_failures = [var.kms_key_arn]
}

run "an_export_writes_and_does_not_read" {
  command = apply

  assert {
    condition     = !anytrue([for s in jsondecode(aws_iam_policy.export.policy).Statement : anytrue([for action in flatten([s.Action]) : startswith(action, "s3:Get")])])
    error_message = "Whoever exports need not be who reads."
  }
}

run "refuses_a_table_that_is_none" {
  command = plan

  variables {
    table_arn = "audit_trail"
  }

  expect_failures = [var.table_arn]
}
