variable "sweep_interval_minutes" {
  description = "Minutes between sweeps for open tickets that were never processed, 5 to 60."
  type        = number
  nullable    = false

  validation {
    condition     = var.sweep_interval_minutes >= 5 && var.sweep_interval_minutes <= 60
    error_message = "sweep_interval_minutes must be 5 to 60: a missed webhook is made good within the hour, and the alarm of silence takes the worker's runs for its calendar."
  }
}

data "aws_iam_policy_document" "assume_scheduler" {
  statement {
    sid     = "SchedulerAssumes"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "${local.prefix}-sweep-scheduler"
  description        = "Starts the worker's sweep."
  assume_role_policy = data.aws_iam_policy_document.assume_scheduler.json
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "StartSweep"
    actions   = ["lambda:InvokeFunction"]
    resources = [module.service.alias_arn]
  }
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "start-sweep"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

resource "aws_scheduler_schedule" "sweep" {
  name                = "${local.prefix}-sweep"
  description         = "Looks for open tickets the webhook missed and queues them."
  schedule_expression = "rate(${var.sweep_interval_minutes} minutes)"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 5
  }

  target {
    arn      = module.service.alias_arn
    role_arn = aws_iam_role.scheduler.arn
    input    = jsonencode({ source = "rp-mw.sweep" })

    retry_policy {
      maximum_retry_attempts = 0 # the next sweep finds what this one missed
    }
  }
}
