package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/internal/ident"
)

// clusterFlags are the flags with which a server is a node of a cluster.
type clusterFlags struct {
	Node              string           `placeholder:"NAME" help:"Name of this node, 1 to 32 letters and digits, with which the ids of its connections begin. No other node of the cluster may have it, and it should be the same after a restart. Default: a random name."`
	Cluster           []clusterURL     `key:"url" secret:"" placeholder:"URL" help:"NATS server that connects the nodes of the cluster, such as nats://user:password@nats.example.com:4222, or tls:// for TLS. May be repeated for the servers of one NATS cluster."`
	ClusterListen     clusterAddress   `placeholder:"ADDRESS" help:"Address for the other nodes, HOST:PORT or :PORT: the NATS server that is part of Linger connects them, instead of one of --cluster. Default: none."`
	ClusterJoin       []clusterAddress `placeholder:"ADDRESS" help:"Addresses of other nodes, as HOST:PORT: their --cluster-listen. One that can be reached is enough. May be repeated."`
	ClusterAdvertise  clusterAddress   `placeholder:"ADDRESS" help:"Address with which other nodes reach --cluster-listen, if it is another one, as in a container. Default: that of the interface."`
	ClusterName       string           `default:"linger" placeholder:"NAME" help:"Name of the cluster, 1 to 32 letters, digits, - and _, which all of its nodes have. Clusters with different names can use the same NATS servers."`
	ClusterSize       int              `default:"3" placeholder:"N" help:"Number of nodes for which the cluster is made: 1, or 3 and more. Of 3 and more, any one can end without a loss of what objects have stored."`
	ClusterDir        string           `path:"file" placeholder:"DIR" help:"Folder in which the NATS server that is part of Linger stores the owners and the logs of Durable Objects. Default: cluster in the folder of --data."`
	ClusterSecret     string           `secret:"" placeholder:"SECRET" help:"Secret that all nodes of a cluster with --cluster-listen have, at least 16 characters; with --cluster, the token of the NATS servers. LINGER_CLUSTER_SECRET keeps it out of process lists."`
	ClusterTLSCert    string           `name:"cluster-tls-cert" path:"file" placeholder:"FILE" help:"PEM file of the certificate of this node for the links of the cluster. Default: none; the links to --cluster-join are not encrypted then."`
	ClusterTLSKey     string           `name:"cluster-tls-key" path:"file" placeholder:"FILE" help:"PEM file of the private key for --cluster-tls-cert."`
	ClusterTLSCA      string           `name:"cluster-tls-ca" path:"file" placeholder:"FILE" help:"PEM file of the authorities that the certificates of other nodes, or of the NATS servers, are verified against. Default: those of the system for --cluster; required for --cluster-listen with a certificate."`
	ClusterCreds      string           `path:"file" placeholder:"FILE" help:"File of credentials for the servers of --cluster, in the format of NATS."`
	ClusterDurability string           `default:"async" enum:"async,sync" help:"When what a Durable Object sends may leave: async, when its transaction is on the disk of this node; sync, when it is in the log of the cluster too, so that no node can lose it."`
	ClusterLease      duration         `default:"10s" help:"Time after which other nodes take over the Durable Objects of a node that does not answer, from 2s to 5m."`
}

const (
	minClusterLease  = duration(2 * time.Second)
	maxClusterLease  = duration(5 * time.Minute)
	minClusterSecret = 16
	maxClusterSize   = 1000
)

// isMember reports whether the server is a node of a cluster.
func (f clusterFlags) isMember() bool { return len(f.Cluster) > 0 || f.ClusterListen != "" }

// Validate reports values that are wrong, and flags that do not fit together. kong calls it.
func (f clusterFlags) Validate() error {
	problems := []error{f.validateNames(), f.validateKind()}
	for _, check := range []struct {
		ok   bool
		text string
	}{
		{f.ClusterSize >= 1 && f.ClusterSize <= maxClusterSize, fmt.Sprintf("--cluster-size: %d is not from 1 to %d", f.ClusterSize, maxClusterSize)},
		{f.ClusterSize != 2, "--cluster-size: one of two nodes is not a majority, so after the end of the other one nothing could be stored: give 3, or 1"},
		{f.ClusterLease >= minClusterLease && f.ClusterLease <= maxClusterLease, fmt.Sprintf("--cluster-lease: %v is not from %v to %v", f.ClusterLease, minClusterLease, maxClusterLease)},
		{f.ClusterSecret == "" || len(f.ClusterSecret) >= minClusterSecret,
			fmt.Sprintf("--cluster-secret: %d characters can be guessed: give at least %d; openssl rand -hex 32 makes a secret", len(f.ClusterSecret), minClusterSecret)},
		{(f.ClusterTLSCert == "") == (f.ClusterTLSKey == ""), "--cluster-tls-cert and --cluster-tls-key belong together: give both"},
	} {
		if !check.ok {
			problems = append(problems, errors.New(check.text))
		}
	}
	return errors.Join(problems...)
}

// clusterNames matches the names of clusters.
var clusterNames = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// validateNames reports names that cannot be part of an id or of a subject of NATS.
func (f clusterFlags) validateNames() error {
	switch {
	case f.Node != "" && !ident.IsNode(f.Node):
		return fmt.Errorf("--node: %q is not the name of a node: give 1 to 32 ASCII letters and digits", f.Node)
	case !clusterNames.MatchString(f.ClusterName):
		return fmt.Errorf("--cluster-name: %q is not the name of a cluster: give 1 to 32 ASCII letters, digits, - and _", f.ClusterName)
	}
	return nil
}

// validateKind reports flags that the kind of the cluster does not have: of NATS servers, of the one that is part of Linger, or of none.
func (f clusterFlags) validateKind() error {
	given := func(flags map[string]bool) string {
		names := []string{}
		for name, ok := range flags {
			if ok {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return strings.Join(names, ", ")
	}
	own := given(map[string]bool{"--cluster-join": len(f.ClusterJoin) > 0, "--cluster-dir": f.ClusterDir != "", "--cluster-advertise": f.ClusterAdvertise != ""})
	both := given(map[string]bool{"--cluster-secret": f.ClusterSecret != "", "--cluster-tls-cert": f.ClusterTLSCert != "", "--cluster-tls-ca": f.ClusterTLSCA != ""})
	switch {
	case len(f.Cluster) > 0 && f.ClusterListen != "":
		return errors.New("--cluster and --cluster-listen cannot be combined: give --cluster for NATS servers, or --cluster-listen for the one that is part of Linger")
	case f.ClusterListen == "" && own != "":
		return fmt.Errorf("%s: only a node with --cluster-listen has it: give that flag too", own)
	case len(f.Cluster) == 0 && f.ClusterCreds != "":
		return errors.New("--cluster-creds: only a node with --cluster has it: give that flag too")
	case !f.isMember() && both != "":
		return fmt.Errorf("%s: there is no cluster: give --cluster or --cluster-listen too", both)
	case f.ClusterListen != "" && f.Node == "":
		return errors.New("--cluster-listen: --node is missing: what the node stores for the cluster belongs to its name, which must be the same after a restart")
	case f.ClusterListen != "" && (f.ClusterTLSCert == "") != (f.ClusterTLSCA == ""):
		return errors.New("--cluster-tls-cert and --cluster-tls-ca belong together with --cluster-listen: each node verifies the certificate of the other one")
	}
	return nil
}

// warnings returns warnings about a cluster that others can join.
func (f clusterFlags) warnings() (warnings []configWarning) {
	if f.ClusterListen != "" && f.ClusterSecret == "" && f.ClusterTLSCert == "" && !f.ClusterListen.isLoopback() {
		warnings = append(warnings, configWarning{
			"every process that can reach the address of the cluster can join it and control all of its nodes: set LINGER_CLUSTER_SECRET or --cluster-tls-cert",
			[]any{"address", string(f.ClusterListen)},
		})
	}
	return warnings
}

// clusterURL is a flag value that is the URL of a NATS server.
type clusterURL string

// Decode implements kong.MapperValue.
func (u *clusterURL) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("url", &text); err != nil {
		return err
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" || parsed.Scheme != "nats" && parsed.Scheme != "tls" {
		return errors.New("it is not the URL of a NATS server: expected nats://HOST:PORT or tls://HOST:PORT") // without the text, which may have a password
	}
	*u = clusterURL(text)
	return nil
}

// String returns the URL.
func (u clusterURL) String() string { return string(u) }

// clusterAddress is a flag value that is the address of a node for the links of the cluster; "" is none.
type clusterAddress string

// Decode implements kong.MapperValue.
func (a *clusterAddress) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("address", &text); err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(text)
	if n, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || n == 0 {
		return fmt.Errorf("%q is not an address of a node: expected HOST:PORT, such as node1.example.com:6222 or [fd00::1]:6222, or :PORT for all interfaces", text)
	}
	*a = clusterAddress(text)
	return nil
}

// String returns the address.
func (a clusterAddress) String() string { return string(a) }

// isLoopback reports whether only this machine can connect to the address.
func (a clusterAddress) isLoopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
