mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { region = "us-east-2" }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

override_resource {
  target          = aws_sqs_queue.dlq
  override_during = plan
  values          = { arn = "arn:aws:sqs:us-east-2:123456789012:rp-mw-test-events-dlq.fifo" }
}

override_resource {
  target          = aws_sqs_queue.this
  override_during = plan
  values          = { arn = "arn:aws:sqs:us-east-2:123456789012:rp-mw-test-events.fifo" }
}

variables {
  name                     = "rp-mw-test-events.fifo"
  dlq_name                 = "rp-mw-test-events-dlq.fifo"
  consumer_timeout_seconds = 60
  kms_key_arn              = "arn:aws:kms:us-east-2:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "queue_is_encrypted_high_throughput_fifo" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.fifo_queue && aws_sqs_queue.dlq.fifo_queue
    error_message = "Both queues must be FIFO."
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 360
    error_message = "The visibility timeout must be six times the consumer's timeout."
  }

  assert {
    condition     = aws_sqs_queue.this.deduplication_scope == "messageGroup" && aws_sqs_queue.this.fifo_throughput_limit == "perMessageGroupId"
    error_message = "The queue must use the high-throughput settings."
  }

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == var.kms_key_arn && aws_sqs_queue.dlq.kms_master_key_id == var.kms_key_arn
    error_message = "Both queues must be encrypted with the customer key."
  }

  assert {
    condition     = aws_sqs_queue.dlq.message_retention_seconds == 14 * 86400
    error_message = "Dead letters must be kept 14 days."
  }
}

run "redrive_goes_to_the_dlq_after_five_receives" {
  command = plan

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).maxReceiveCount == 5
    error_message = "Five receives before the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.this.redrive_policy).deadLetterTargetArn == aws_sqs_queue.dlq.arn
    error_message = "The redrive policy must point to this module's dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_allow_policy.dlq.redrive_allow_policy).sourceQueueArns == [aws_sqs_queue.this.arn]
    error_message = "Only the queue itself may use the dead-letter queue."
  }
}

run "refuses_a_standard_queue_name" {
  command = plan
  variables { name = "rp-mw-test-events" }
  expect_failures = [var.name]
}

run "refuses_a_standard_dlq" {
  command = plan
  variables { dlq_name = "rp-mw-test-events-dlq" }
  expect_failures = [var.dlq_name]
}

run "refuses_a_short_visibility_timeout" {
  command = plan
  variables { visibility_factor = 1 }
  expect_failures = [var.visibility_factor]
}

run "refuses_a_timeout_no_function_can_have" {
  command = plan
  variables { consumer_timeout_seconds = 901 }
  expect_failures = [var.consumer_timeout_seconds]
}

run "refuses_a_visibility_timeout_over_twelve_hours" {
  command = plan

  variables {
    consumer_timeout_seconds = 900
    visibility_factor        = 48.1
  }

  expect_failures = [var.visibility_factor]
}

run "refuses_a_single_receive" {
  command = plan
  variables { max_receive_count = 1 }
  expect_failures = [var.max_receive_count]
}

run "refuses_retention_over_fourteen_days" {
  command = plan
  variables { retention_days = 15 }
  expect_failures = [var.retention_days]
}

run "refuses_dead_letters_that_expire_first" {
  command = plan
  variables {
    retention_days     = 10
    dlq_retention_days = 5
  }
  expect_failures = [var.dlq_retention_days]
}

run "refuses_a_dlq_retention_out_of_range" {
  command = plan
  variables { dlq_retention_days = 15 }
  expect_failures = [var.dlq_retention_days]
}

run "refuses_no_customer_key" {
  command = plan
  variables { kms_key_arn = "alias/aws/sqs" }
  expect_failures = [var.kms_key_arn]
}

run "nobody_deletes_a_queue_by_accident" {
  command = plan

  assert {
    condition = alltrue([for document in values(data.aws_iam_policy_document.this) : anytrue([for statement in document.statement :
      statement.effect == "Deny" && statement.actions == toset(["sqs:DeleteQueue"]) && length(statement.condition) == 0
    ])])
    error_message = "A queue's own policy must refuse its deletion: a lifecycle block goes away with the module block."
  }

  assert {
    condition     = toset(flatten([for document in values(data.aws_iam_policy_document.this) : [for statement in document.statement : statement.resources]])) == toset(["arn:aws:sqs:us-east-2:123456789012:rp-mw-test-events.fifo", "arn:aws:sqs:us-east-2:123456789012:rp-mw-test-events-dlq.fifo"])
    error_message = "Each policy names its own queue, as AWS names it."
  }
}
