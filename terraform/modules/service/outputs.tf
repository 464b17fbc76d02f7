output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "alias_name" {
  description = "Name of the alias that serves."
  value       = aws_lambda_alias.live.name
}

output "alias_arn" {
  description = "ARN of the alias that serves."
  value       = aws_lambda_alias.live.arn
}

output "alias_invoke_arn" {
  description = "ARN through which API Gateway invokes the alias."
  value       = aws_lambda_alias.live.invoke_arn
}

output "published_version" {
  description = "The newest published version."
  value       = aws_lambda_function.this.version
}

output "deployment_app" {
  description = "CodeDeploy application that moves the alias."
  value       = aws_codedeploy_app.this.name
}

output "deployment_group" {
  description = "CodeDeploy deployment group that moves the alias."
  value       = aws_codedeploy_deployment_group.this.deployment_group_name
}

output "role_policy_json" {
  description = "The role's policy, for the tests that compare it with the calls the code makes."
  value       = data.aws_iam_policy_document.this.json
}

output "traffic" {
  description = "Who serves, and the one command that changes it."
  value = local.live_version == aws_lambda_function.this.version ? "version ${aws_lambda_function.this.version} serves" : join(" ", [
    "version ${aws_lambda_function.this.version} is published, no traffic has moved: version ${local.live_version} still serves.",
    "To shift it: make shift ${replace(var.name, "/^rp-mw-([a-z]+)-([a-z]+)$/", "ENV=$1 SERVICE=$2")}",
  ])
}
