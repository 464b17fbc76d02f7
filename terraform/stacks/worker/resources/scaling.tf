# The numbers of rp_mw_shared/clients/richpanel_budget.py; make tf compares them.
locals {
  richpanel_requests_per_window = tonumber(try(local.topology.functions.worker.environment.RICHPANEL_REQUESTS_PER_WINDOW, 50))
  richpanel_calls_of_one_event  = 12
}

variable "maximum_concurrency" {
  description = "Most batches of the queue handled at once: at least 2, no more than reserved_concurrency, and no more than Richpanel's budget feeds with one event each."
  type        = number
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000 && var.maximum_concurrency <= var.reserved_concurrency
    error_message = "maximum_concurrency must be 2 to 1000 and no more than reserved_concurrency."
  }

  validation {
    condition     = var.maximum_concurrency * local.richpanel_calls_of_one_event <= local.richpanel_requests_per_window
    error_message = "maximum_concurrency ${var.maximum_concurrency} is too high: ${var.maximum_concurrency} workers x ${local.richpanel_calls_of_one_event} requests, which one event may need, are ${var.maximum_concurrency * local.richpanel_calls_of_one_event}, and Richpanel allows ${local.richpanel_requests_per_window} in 30 s: events that have begun would wait for each other. Set at most ${floor(local.richpanel_requests_per_window / local.richpanel_calls_of_one_event)}, or raise the budget first."
  }
}
