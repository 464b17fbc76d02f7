locals {
  service_metric = {
    for service in keys(local.topology.functions) : service => { Env = var.environment, Service = service }
  }
  function_metric = { for key, function in local.topology.functions : key => { FunctionName = function.name } }
  vendors         = merge([for service, function in local.topology.functions : { for vendor in try(function.vendors, []) : vendor => service }]...)

  vendor_widgets = [for title, name in { Requests = "VendorRequests", Errors = "VendorErrors", "429" = "VendorThrottled", Latency = "VendorLatency" } : {
    title = "Vendors: ${title}"
    metrics = [for vendor, service in local.vendors : {
      namespace  = "rp-mw", name = name, statistic = name == "VendorLatency" ? "p95" : "Sum",
      dimensions = merge(local.service_metric[service], { Vendor = vendor })
    }]
  }]

  rows = [
    {
      title = "System"
      widgets = [
        { title = "Webhooks", metrics = [for name in ["Accepted", "Ignored", "AuthFailed"] : { namespace = "rp-mw", name = name, dimensions = local.service_metric.ingress, statistic = "Sum" }] },
        { title = "Acknowledgement, ms", metrics = [for statistic in ["p50", "p99"] : { namespace = "rp-mw", name = "AckLatency", dimensions = local.service_metric.ingress, statistic = statistic }] },
        { title = "Oldest message, s", metrics = [for queue in values(local.topology.queues) : { namespace = "AWS/SQS", name = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = queue.name }, statistic = "Maximum" }] },
        { title = "Dead letters", metrics = [for queue in values(local.topology.queues) : { namespace = "AWS/SQS", name = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = queue.dlq_name }, statistic = "Maximum" }] },
      ]
    },
    { title = "Vendors", widgets = local.vendor_widgets },
    {
      title = "Automation"
      widgets = [
        { title = "Replies", metrics = [for name in ["AutomationAttempted", "AutomationSent", "AutomationBlocked"] : { namespace = "rp-mw", name = name, dimensions = local.service_metric.worker, statistic = "Sum" }] },
        { title = "Must stay at zero", metrics = [for name in ["AutomationWhileOff", "SendUnknown", "FlagsUnreadable"] : { namespace = "rp-mw", name = name, dimensions = local.service_metric.worker, statistic = "Sum" }] },
        { title = "End to end, ms", metrics = [for statistic in ["p50", "p95"] : { namespace = "rp-mw", name = "EndToEndLatency", dimensions = local.service_metric.worker, statistic = statistic }] },
      ]
    },
    {
      title = "Quality"
      widgets = [
        { title = "Decisions and fallbacks", metrics = [for name in ["Decisions", "Fallbacks", "AgentOverrides"] : { namespace = "rp-mw", name = name, dimensions = local.service_metric.worker, statistic = "Sum" }] },
        { title = "Fallback rate, %", expression = "100 * FILL(m0, 0) / m1", metrics = [for name in ["Fallbacks", "Decisions"] : { namespace = "rp-mw", name = name, dimensions = local.service_metric.worker, statistic = "Sum" }] },
        { title = "Duplicates", metrics = [{ namespace = "rp-mw", name = "Duplicates", dimensions = local.service_metric.worker, statistic = "Sum" }] },
      ]
    },
    {
      title = "Cost"
      widgets = [
        { title = "Model tokens", metrics = [for name in ["TokensIn", "TokensOut"] : { namespace = "rp-mw", name = name, dimensions = merge(local.service_metric.worker, { Vendor = "openai" }), statistic = "Sum" }] },
        { title = "Model cost, USD", metrics = [{ namespace = "rp-mw", name = "ModelCost", dimensions = merge(local.service_metric.worker, { Vendor = "openai" }), statistic = "Sum" }] },
        { title = "Function time, ms", metrics = [for key, dimensions in local.function_metric : { namespace = "AWS/Lambda", name = "Duration", dimensions = dimensions, statistic = "Sum" }] },
        { title = "Table writes", metrics = [for table in values(local.topology.tables) : { namespace = "AWS/DynamoDB", name = "ConsumedWriteCapacityUnits", dimensions = { TableName = table.name }, statistic = "Sum" }] },
      ]
    },
  ]

  worker_logs = ["/aws/lambda/${local.topology.functions.worker.name}"]
  all_logs    = [for function in values(local.topology.functions) : "/aws/lambda/${function.name}"]
}

module "observability" {
  source = "../../../modules/observability"

  name   = local.prefix
  region = var.region
  rows   = local.rows

  # Every field is one that running zips have written: tests/written holds it.
  queries = {
    "one-event-by-trace-id" = {
      log_groups = local.all_logs
      query      = "fields @timestamp, service, message, record_id, error_code, reason, @message | filter correlation_id = 'put the trace id here' | sort @timestamp asc"
    }
    "one-message-by-record-id" = {
      log_groups = local.worker_logs
      query      = "fields @timestamp, message, receive_count, error_code, correlation_id, function_request_id | filter record_id = 'put the id of the queue message here' | sort @timestamp asc"
    }
    "one-invocation" = {
      log_groups = local.all_logs
      query      = "fields @timestamp, service, message, level, cold_start, @message | filter function_request_id = 'put the request id here' or @requestId = 'and here' | sort @timestamp asc"
    }
    "decisions" = {
      log_groups = local.worker_logs
      query      = "fields @timestamp, correlation_id, intent, route, tier, reasons | filter message = 'event_decided' | sort @timestamp desc | limit 100"
    }
    "blocked-replies-by-reason" = {
      log_groups = local.worker_logs
      query      = "filter message = 'action_blocked' | stats count() by reason"
    }
    "errors" = {
      log_groups = local.all_logs
      query      = "fields @timestamp, service, message, error_code, reason, place, function_version, correlation_id, function_request_id | filter level = 'ERROR' | sort @timestamp desc | limit 100"
    }
    "sweeps" = {
      log_groups = local.worker_logs
      query      = "fields @timestamp, outcome, count, function_request_id | filter message = 'sweep_finished' | sort @timestamp desc | limit 100"
    }
  }
}
