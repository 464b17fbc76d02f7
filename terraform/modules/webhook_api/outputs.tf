output "api_id" {
  description = "Id of the API, the ApiId dimension of its metrics."
  value       = aws_apigatewayv2_api.this.id
}

output "webhook_url" {
  description = "URL for the helpdesk's HTTP Target."
  value       = "${aws_apigatewayv2_api.this.api_endpoint}/v1/richpanel/events"
}

output "health_url" {
  description = "URL that answers 200 while the service is up."
  value       = "${aws_apigatewayv2_api.this.api_endpoint}/v1/health"
}
