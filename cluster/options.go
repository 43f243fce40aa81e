package cluster

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/lingerws/linger/internal/ident"
)

// Options are the settings of a node. Either URLs or Listen is required.
type Options struct {
	// Node is the name of this node: 1 to 32 ASCII letters and digits. Empty means a random name.
	Node string

	// Name is the name of the cluster: 1 to 32 ASCII letters, digits, '-' and '_'. It is the first part of all NATS subjects, so that several
	// clusters can use the same servers. Empty means "linger".
	Name string

	// Version is the version of the program, which the other nodes show.
	Version string

	// URLs are the addresses of external NATS servers, such as "nats://10.0.0.1:4222" or "tls://user:password@nats.example.com".
	URLs []string

	// Listen is the address where the embedded NATS server accepts the servers of other nodes, such as ":6222". It accepts no clients.
	Listen string

	// Join has the addresses of some other nodes, at least one of which should be running. The first node of a cluster needs none.
	Join []string

	// Advertise is the address that other nodes use for this one, if it is not that of Listen.
	Advertise string

	// Size is the number of nodes that the cluster will have; 0 means 3, or one more than Join has addresses if that is more. Three and more
	// replicate what is stored: each record has three copies. Two cannot, because one of two is not a majority. A single node
	// accepts no other ones.
	Size int

	// Dir is the folder of what the embedded server stores. Empty means that it stores nothing: Store and Log return ErrStorage.
	Dir string

	// Replicas is the number of copies of what is stored; 0 means 3, or 1 if there is only one server.
	Replicas int

	// CertFile and KeyFile have the certificate of this node and its key, and CAFile the certificates of the authorities that sign those of
	// the others, all in PEM. Links between embedded servers then use TLS, and need certificates on both sides. With URLs they are optional.
	CertFile, KeyFile, CAFile string

	// CredsFile has the credentials for external servers, a JWT and its key.
	CredsFile string

	// Secret is the same for all embedded servers of a cluster. A server with another one is refused. With URLs it is the token of the NATS servers.
	Secret string

	// Replace admits that another process has the name of this node: the one that this process replaces. The services stay there until
	// TakeOver.
	Replace bool

	// MaxRecord is the largest record in bytes; 0 means 8 MiB, or half of SendQueue if that is less.
	MaxRecord int

	// SendQueue bounds the bytes that wait to be sent, and ReceiveQueue those that have arrived and were not delivered; 0 means 16 MiB and 64 MiB. What
	// exceeds them is dropped.
	SendQueue, ReceiveQueue int

	// MaxCalls bounds the calls in progress; 0 means 16,384.
	MaxCalls int

	// Logger is for what happens to the node; nil means slog.Default().
	Logger *slog.Logger
}

// The times of the membership.
const (
	heartbeatInterval = time.Second
	missingAfter      = 5 * heartbeatInterval
)

// withDefaults returns the options with defaults, or an ErrOptions.
func (o Options) withDefaults() (Options, error) {
	defaultTo(&o.Name, "linger")
	defaultTo(&o.SendQueue, 16<<20)
	defaultTo(&o.MaxRecord, min(8<<20, o.SendQueue/2))
	defaultTo(&o.ReceiveQueue, 64<<20)
	defaultTo(&o.MaxCalls, 16<<10)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Node == "" {
		o.Node = ident.NewNode()
	}
	if o.Size == 0 && o.Listen != "" {
		o.Size = max(3, 1+len(o.Join))
	}
	if o.Replicas == 0 && o.Listen != "" {
		o.Replicas = min(3, o.Size)
	}
	return o, o.check()
}

func defaultTo[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}

// check returns an ErrOptions for what cannot work.
func (o *Options) check() error {
	wrong := func(format string, values ...any) error {
		return fmt.Errorf("%w: %s", ErrOptions, fmt.Sprintf(format, values...))
	}
	switch {
	case !ident.IsNode(o.Node):
		return wrong("Node is %q, expected 1 to 32 ASCII letters and digits", o.Node)
	case !isClusterName(o.Name):
		return wrong("Name is %q, expected 1 to 32 ASCII letters, digits, '-' and '_'", o.Name)
	case (len(o.URLs) == 0) == (o.Listen == ""):
		return wrong("expected either URLs, for external NATS servers, or Listen, for an embedded one")
	case len(o.URLs) > 0 && (len(o.Join) > 0 || o.Dir != "" || o.Advertise != ""):
		return wrong("Join, Dir and Advertise are for an embedded server and need Listen; remove them or URLs")
	case (o.CertFile == "") != (o.KeyFile == ""):
		return wrong("CertFile and KeyFile belong together; set both")
	}
	return o.checkNumbers(wrong)
}

func (o *Options) checkNumbers(wrong func(string, ...any) error) error {
	switch {
	case o.Size < 0 || o.Size > 1000 || o.Replicas < 0 || o.Replicas > 5:
		return wrong("Size is %d and Replicas is %d, expected up to 1000 nodes and 5 replicas", o.Size, o.Replicas)
	case o.MaxRecord < 1<<10 || o.MaxRecord > o.SendQueue/2 || o.MaxRecord > o.ReceiveQueue/2 || o.MaxCalls < 1:
		return wrong("MaxRecord is %d, expected 1,024 bytes at least, and half of SendQueue and of ReceiveQueue at most; MaxCalls is 1 at least", o.MaxRecord)
	case len(o.Version) > maxVersion:
		return wrong("Version has %d bytes, expected %d at most", len(o.Version), maxVersion)
	}
	if o.Listen == "" {
		return nil
	}
	return o.checkEmbedded(wrong)
}

func (o *Options) checkEmbedded(wrong func(string, ...any) error) error {
	for _, address := range append([]string{o.Listen}, o.Join...) {
		if _, port, err := net.SplitHostPort(address); err != nil || port == "" || port == "0" {
			return wrong("the address %q of Listen or Join is not valid, expected host:port or :port", address)
		}
	}
	switch {
	case o.Size == 2 && o.Dir != "":
		return wrong("Size is 2, and what is stored needs a majority of the nodes, which two have only while both run; use three nodes, external NATS servers, or no Dir")
	case o.Size == 1 && len(o.Join) > 0:
		return wrong("Size is 1, and Join has %d addresses; expected the number of all nodes", len(o.Join))
	case o.CAFile != "" && o.CertFile == "":
		return wrong("the links of embedded servers need a certificate on both sides; set CertFile and KeyFile too")
	case o.CredsFile != "":
		return wrong("CredsFile is for external servers; embedded ones have Secret and certificates")
	}
	return nil
}

func isClusterName(name string) bool {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return len(name) >= 1 && len(name) <= 32 && strings.Trim(name, allowed) == ""
}
