package main

import (
	"os"

	"github.com/alecthomas/kong"
	mangokong "github.com/alecthomas/mango-kong"
	kongcompletion "github.com/jotaen/kong-completion"
	"github.com/muesli/roff"
)

// completionCommand prints the code with which a shell completes command lines of linger.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Help returns the text at the end of the command's help. kong calls it.
func (completionCommand) Help() string {
	return `Examples:

  source <(linger completion bash)               # in ~/.bashrc
  source <(linger completion zsh)                # in ~/.zshrc
  linger completion fish | source                # in ~/.config/fish/config.fish`
}

// completionCode is the code for each shell. The shell runs linger with the command line in COMP_LINE.
var completionCode = map[string]string{
	"bash": "complete -o default -o bashdefault -C linger linger\n",
	"zsh":  "autoload -U +X bashcompinit && bashcompinit\ncomplete -o default -o bashdefault -C linger linger\n",
	"fish": `function __linger_complete
  set -lx COMP_LINE (commandline -cp)
  test -z (commandline -ct); and set COMP_LINE "$COMP_LINE "
  linger
end
complete -f -c linger -a "(__linger_complete)"
`,
}

// Run prints the code.
func (c completionCommand) Run(out *streams) error { //nolint:unparam // kong calls methods of this form
	out.out.printf("%s", completionCode[c.Shell])
	return nil
}

// completes reports whether the shell asks for completions, which it then prints.
func completes(parser *kong.Kong) (done bool) {
	if os.Getenv("COMP_LINE") == "" {
		return false
	}
	kongcompletion.Register(parser, kongcompletion.WithExitFunc(func(int) { done = true }))
	return done
}

// manCommand prints the manual page.
type manCommand struct{}

// Help returns the text at the end of the command's help. kong calls it.
func (manCommand) Help() string {
	return `Example:

  linger man > /usr/local/share/man/man1/linger.1`
}

// Run prints the page in roff, made of the help of all commands.
func (manCommand) Run(out *streams, ctx *kong.Context) error { //nolint:unparam // kong calls methods of this form
	page := mangokong.NewManPage(1, ctx.Model)
	out.out.printf("%s\n", page.Build(roff.NewDocument()))
	return nil
}
