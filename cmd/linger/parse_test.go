package main

import "testing"

// parse parses the command line "linger run app.js" with further arguments.
func parse(t *testing.T, args ...string) (runCommand, error) {
	t.Helper()
	cli, err := parsed(t, append([]string{"run", "app.js"}, args...))
	return cli.Run, err
}

// parseProxy parses the command line "linger proxy" with further arguments.
func parseProxy(t *testing.T, args ...string) (proxyCommand, error) {
	t.Helper()
	cli, err := parsed(t, append([]string{"proxy"}, args...))
	return cli.Proxy, err
}

// parsed returns the commands with the values of a command line. The error is that of kong: it names flags, not their sources.
func parsed(t *testing.T, args []string) (cli commands, err error) {
	t.Helper()
	parser, err := cli.parser()
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return cli, err
}
