package nodes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
)

// timeout bounds each wait. It is only reached if something is broken.
const timeout = time.Minute

// built builds linger once, and returns the path of the binary.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "linger-nodes")
	if err != nil {
		return "", err
	}
	temporary = folder
	return testprogram.Build("../..", testprogram.Command, folder)
})

var temporary string // the folder of the binary, if it was built

const (
	token  = "of-the-tests-of-nodes" // of the administration
	secret = "of-the-tests-of-nodes"
	lease  = 3 * time.Second
)

// node is a linger process in a namespace, which can be killed and started again.
type node struct {
	*space
	t      *testing.T
	name   string
	folder string // of its data
	args   []string

	process *exec.Cmd // nil while it has ended
	log     *logFile
	ended   chan struct{}
}

// logFile has what a node has printed.
type logFile struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logFile) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newNodes makes nodes, which are not started.
func newNodes(t *testing.T, count int) []*node {
	t.Helper()
	newBridge(t)
	var nodes []*node
	for i := range count {
		s := newSpace(t, i+1)
		var join []string
		for other := range count {
			if other != i {
				join = append(join, fmt.Sprintf("%s%d:6222", network, other+1))
			}
		}
		n := &node{space: s, t: t, name: fmt.Sprint("n", i+1), folder: t.TempDir(), log: &logFile{}}
		n.args = []string{
			"run", "--config=testdata/app/wrangler.jsonc", "--isolation=none", "--listen=" + s.address() + ":8080", "--data=" + n.folder,
			"--admin-listen=" + s.address() + ":9180", "--log-level=debug", "--drain-spread=1s", "--shutdown-timeout=5s",
			"--node=" + n.name, "--cluster-listen=" + s.address() + ":6222", "--cluster-join=" + strings.Join(join, ","),
			"--cluster-size=" + fmt.Sprint(count), "--cluster-durability=sync", "--cluster-lease=" + lease.String(),
		}
		nodes = append(nodes, n)
	}
	t.Cleanup(func() {
		for _, n := range nodes {
			n.kill()
		}
		keepLogs(t, nodes)
	})
	return nodes
}

// keepLogs writes the logs of a test that has failed to the folder that the variable TESTS_NODES_LOGS names.
func keepLogs(t *testing.T, nodes []*node) {
	folder := os.Getenv("TESTS_NODES_LOGS")
	for _, n := range nodes {
		switch {
		case folder != "":
			path := filepath.Join(folder, n.name+".log")
			if err := os.WriteFile(path, []byte(n.log.String()), 0o600); err != nil {
				t.Error(err)
			}
		case t.Failed():
			text := n.log.String()
			t.Logf("the end of the log of %s:\n%s", n.name, text[max(0, len(text)-4000):])
		}
	}
}

// start starts the process.
func (n *node) start() {
	n.t.Helper()
	binary, err := built()
	if err != nil {
		n.t.Fatal(err)
	}
	command := exec.Command(binary, n.args...) //nolint:gosec // linger
	command.Env = append(os.Environ(), "LINGER_ADMIN_TOKEN="+token, "LINGER_CLUSTER_SECRET="+secret)
	command.Stdout, command.Stderr = n.log, n.log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	n.do(func() { err = command.Start() })
	if err != nil {
		n.t.Fatal(err)
	}
	n.process, n.ended = command, make(chan struct{})
	go func(ended chan struct{}) {
		_ = command.Wait()
		close(ended)
	}(n.ended)
}

// signal sends a signal to the process.
func (n *node) signal(signal syscall.Signal) {
	if n.process != nil {
		_ = n.process.Process.Signal(signal)
	}
}

// kill kills the process, which may have ended.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill()
	<-n.ended
	n.process = nil
}

// cluster is the state of the cluster by the answer of a node.
type cluster struct {
	Nodes []struct {
		Node     string `json:"node"`
		Answered bool   `json:"answered"`
	} `json:"nodes"`
	Link struct {
		Connected bool `json:"connected"`
		Drops     []struct {
			Reason string `json:"reason"`
			Count  int    `json:"count"`
		} `json:"drops"`
		Storage struct {
			Ready  bool   `json:"ready"`
			Leader string `json:"leader"`
		} `json:"storage"`
	} `json:"link"`
}

// answered returns the number of nodes that have answered.
func (c cluster) answered() (count int) {
	for _, n := range c.Nodes {
		if n.Answered {
			count++
		}
	}
	return count
}

// cluster asks the node for its cluster. The error is nil if it has answered.
func (n *node) cluster() (c cluster, err error) {
	request, err := http.NewRequest(http.MethodGet, "http://"+n.address()+":9180/v1/cluster", http.NoBody)
	if err != nil {
		return c, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Do(request)
	if err != nil {
		return c, err
	}
	defer func() { _ = response.Body.Close() }()
	return c, json.NewDecoder(response.Body).Decode(&c)
}

// awaitCluster waits until each node sees count nodes.
func awaitCluster(t *testing.T, nodes []*node, count int) {
	t.Helper()
	for _, n := range nodes {
		eventually(t, fmt.Sprintf("%s sees %d nodes", n.name, count), func() bool {
			c, err := n.cluster()
			return err == nil && c.answered() == count && c.Link.Connected
		})
	}
}

// eventually waits until a condition is true, and fails the test after the timeout.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(timeout); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within %v this does not become true: %s", timeout, what)
		}
	}
}
