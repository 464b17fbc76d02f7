# The numbers of rp_mw_shared/clients/richpanel_budget.py; make tf compares them.
locals {
  richpanel_requests_per_window = tonumber(try(local.topology.functions.worker.environment.RICHPANEL_REQUESTS_PER_WINDOW, 50))
  richpanel_calls_of_one_event  = 12
}

variable "maximum_concurrency" {
  description = "Most batches of the queue handled at once: at least 2, no more than reserved_concurrency, and no more than share Richpanel's budget with enough left for one event each."
  type        = number
  nullable    = false

  validation {
    condition     = var.maximum_concurrency >= 2 && var.maximum_concurrency <= 1000 && var.maximum_concurrency <= var.reserved_concurrency
    error_message = "maximum_concurrency must be 2 to 1000 and no more than reserved_concurrency."
  }

  validation {
    condition     = floor(local.richpanel_requests_per_window / max(1, var.maximum_concurrency)) >= local.richpanel_calls_of_one_event
    error_message = "maximum_concurrency ${var.maximum_concurrency} is too high: ${local.richpanel_requests_per_window} Richpanel requests in 30 s / ${var.maximum_concurrency} workers leave each ${floor(local.richpanel_requests_per_window / max(1, var.maximum_concurrency))}, and one event needs up to ${local.richpanel_calls_of_one_event}. Set at most ${floor(local.richpanel_requests_per_window / local.richpanel_calls_of_one_event)}, or raise the budget first."
  }
}
