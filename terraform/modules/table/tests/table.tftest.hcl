mock_provider "aws" {}

variables {
  name          = "rp_mw_test_audit_trail"
  partition_key = "conversation_id"
  sort_key      = "ts_action_id"
  kms_key_arn   = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "table_keeps_and_expires" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "conversation_id" && aws_dynamodb_table.this.range_key == "ts_action_id"
    error_message = "The keys must be the ones given."
  }

  assert {
    condition     = aws_dynamodb_table.this.ttl[0].enabled && aws_dynamodb_table.this.ttl[0].attribute_name == "expires_at"
    error_message = "Items must expire by expires_at."
  }

  assert {
    condition     = aws_dynamodb_table.this.point_in_time_recovery[0].enabled
    error_message = "Point-in-time recovery must be on."
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "Deletion protection must be on."
  }

  assert {
    condition     = aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == var.kms_key_arn
    error_message = "The table must be encrypted with the customer key."
  }

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must be billed by request."
  }
}

run "a_table_without_sort_key_declares_one_attribute" {
  command = plan

  variables {
    sort_key = null
  }

  assert {
    condition     = length(aws_dynamodb_table.this.attribute) == 1
    error_message = "Only key attributes may be declared."
  }
}

run "a_table_has_its_indexes_and_declares_their_keys_once" {
  command = plan

  variables {
    indexes = {
      by_day   = { partition_key = "day", sort_key = "ts_action_id", projection = "ALL" }
      by_order = { partition_key = "order", sort_key = "ts_action_id", projection = "KEYS_ONLY" }
    }
  }

  assert {
    condition     = toset([for index in aws_dynamodb_table.this.global_secondary_index : "${index.name}:${index.hash_key}:${index.range_key}:${index.projection_type}"]) == toset(["by_day:day:ts_action_id:ALL", "by_order:order:ts_action_id:KEYS_ONLY"])
    error_message = "The indexes must be the ones given."
  }

  assert {
    condition     = toset([for attribute in aws_dynamodb_table.this.attribute : attribute.name]) == toset(["conversation_id", "ts_action_id", "day", "order"])
    error_message = "Every key attribute must be declared once."
  }
}

run "refuses_another_projection" {
  command = plan

  variables {
    indexes = { by_day = { partition_key = "day", sort_key = "ts_action_id", projection = "SOME" } }
  }

  expect_failures = [var.indexes]
}

run "refuses_a_bad_name" {
  command = plan

  variables {
    name = "no spaces"
  }

  expect_failures = [var.name]
}

run "refuses_no_partition_key" {
  command = plan

  variables {
    partition_key = ""
  }

  expect_failures = [var.partition_key]
}

run "refuses_no_ttl" {
  command = plan

  variables {
    ttl_attribute = ""
  }

  expect_failures = [var.ttl_attribute]
}

run "refuses_point_in_time_recovery_off" {
  command = plan

  variables {
    point_in_time_recovery_days = 0
  }

  expect_failures = [var.point_in_time_recovery_days]
}

run "refuses_no_customer_key" {
  command = plan

  variables {
    kms_key_arn = "alias/aws/dynamodb"
  }

  expect_failures = [var.kms_key_arn]
}
