data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  visibility_timeout_seconds = var.consumer_timeout_seconds * var.visibility_factor
  seconds_per_day            = 86400
  # From the names: a queue's own policy cannot wait for the queue's ARN.
  arn_prefix = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
}

resource "aws_sqs_queue" "dlq" {
  name                              = var.dlq_name
  fifo_queue                        = true
  deduplication_scope               = "messageGroup"
  fifo_throughput_limit             = "perMessageGroupId"
  message_retention_seconds         = var.dlq_retention_days * local.seconds_per_day
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 300
  policy                            = data.aws_iam_policy_document.this[var.dlq_name].json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue" "this" {
  name                              = var.name
  fifo_queue                        = true
  deduplication_scope               = "messageGroup"
  fifo_throughput_limit             = "perMessageGroupId"
  visibility_timeout_seconds        = local.visibility_timeout_seconds
  message_retention_seconds         = var.retention_days * local.seconds_per_day
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 300
  policy                            = data.aws_iam_policy_document.this[var.name].json

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dlq.arn
    maxReceiveCount     = var.max_receive_count
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_sqs_queue_redrive_allow_policy" "dlq" {
  queue_url = aws_sqs_queue.dlq.url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this.arn]
  })
}

data "aws_iam_policy_document" "this" {
  for_each = toset([var.name, var.dlq_name])

  statement {
    sid       = "DenyWithoutTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = ["${local.arn_prefix}:${each.value}"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  # prevent_destroy goes when its block goes; this stays on the queue until somebody takes it off.
  statement {
    sid       = "DenyDeletion"
    effect    = "Deny"
    actions   = ["sqs:DeleteQueue"]
    resources = ["${local.arn_prefix}:${each.value}"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

# Until now a resource of its own; the queue's own argument has taken its place, so the old one is let go, not deleted.
removed {
  from = aws_sqs_queue_policy.tls_only

  lifecycle {
    destroy = false
  }
}
