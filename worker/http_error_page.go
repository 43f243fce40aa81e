package worker

import (
	"fmt"
	"html"
	"net/http"
	"strings"
)

// serveError answers a plain request that the application has not answered, with text. With Options.Development the answer also
// contains the error of the script.
func (a *App) serveError(w http.ResponseWriter, r *http.Request, e *event, status int, text string) {
	if !a.config().opts.Development || e.problem == nil {
		http.Error(w, text, status)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	report := e.problem.report("")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") { // browsers list it (RFC 9110, section 12.5.1)
		header.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, "%s\n\n%s", text, report) // fails if the client has left
		return
	}
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, errorPage, status, html.EscapeString(text), status, html.EscapeString(text), html.EscapeString(report))
}

const errorPage = `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%d: %s</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color-scheme: light dark }
h1 { font-size: 1.25rem }
pre { overflow-x: auto; padding: 1rem; border-left: 4px solid #c33; background: #8881; font-size: .875rem }
footer { font-size: .875rem; opacity: .7 }
</style>
<h1>%d: %s</h1>
<pre>%s</pre>
<footer>This page is shown by linger run --watch only. Otherwise the client gets no details; they are in the log.</footer>
</html>
`

// report returns the error on several lines, with the source line, the stack, the errors that it consists of, and its cause.
// Each line begins with indent.
func (s *ScriptError) report(indent string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s%s\n", indent, strings.ReplaceAll(s.Text, "\n", "\n"+indent))
	if source := s.Source(); source != "" {
		fmt.Fprintf(&text, "%s    %s: %s\n", indent, s.At, truncate(strings.TrimSpace(source), maxCall))
	} else if s.At.File != "" && len(s.Stack) == 0 {
		fmt.Fprintf(&text, "%s    %s\n", indent, s.At)
	}
	for _, call := range s.Stack {
		fmt.Fprintf(&text, "%s    at %s\n", indent, call)
	}
	if s.More {
		fmt.Fprintf(&text, "%s    ...\n", indent)
	}
	for _, one := range s.Errors {
		text.WriteString(one.report(indent + "  "))
	}
	if s.Others > 0 {
		fmt.Fprintf(&text, "%s  and %d more errors\n", indent, s.Others)
	}
	if s.Cause != nil {
		fmt.Fprintf(&text, "%s  caused by\n%s", indent, s.Cause.report(indent+"  "))
	}
	return text.String()
}
