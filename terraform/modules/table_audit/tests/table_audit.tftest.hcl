provider "aws" {
  region = "us-east-2"
}

variables {
  name        = "rp-mw-test-table-audit"
  bucket_name = "rp-mw-test-table-audit-123456789012"
  table_arns  = ["arn:aws:dynamodb:us-east-2:123456789012:table/rp_mw_test_idempotency"]
  kms_key_arn = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "trail_records_the_tables_and_nothing_else" {
  command = apply

  assert {
    condition = anytrue([
      for selector in tolist(aws_cloudtrail.this.advanced_event_selector)[0].field_selector : selector.field == "resources.ARN" && selector.equals == var.table_arns
    ])
    error_message = "The trail must record the named tables only."
  }

  assert {
    condition     = aws_cloudtrail.this.enable_log_file_validation && aws_cloudtrail.this.kms_key_id == var.kms_key_arn
    error_message = "Records must be encrypted and provably unchanged."
  }
}

run "refuses_a_name_off_the_convention" {
  command = plan

  variables {
    name = "audit"
  }

  expect_failures = [var.name]
}

run "refuses_a_bad_bucket_name" {
  command = plan

  variables {
    bucket_name = "Audit"
  }

  expect_failures = [var.bucket_name]
}

run "refuses_no_table" {
  command = plan

  variables {
    table_arns = []
  }

  expect_failures = [var.table_arns]
}

run "refuses_keeping_for_ever" {
  command = plan

  variables {
    retention_days = 3650
  }

  expect_failures = [var.retention_days]
}

run "refuses_no_customer_key" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/s3"
  }

  expect_failures = [var.kms_key_arn]
}
