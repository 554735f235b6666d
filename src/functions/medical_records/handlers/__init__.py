"""One module a Lambda function; each reads a request, composes the rest, and answers."""
