//go:build unix

package packages_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// skipOrFail skips a test that needs what is not installed, or fails it if an environment variable requires that it runs.
func skipOrFail(t *testing.T, variable, why string) {
	t.Helper()
	if os.Getenv(variable) != "" {
		t.Fatalf("%s is set, but %s", variable, why)
	}
	t.Skipf("NOT TESTED: %s", why)
}

// databasesRequired is the environment variable that makes a missing database a failure.
const databasesRequired = "TESTS_REQUIRE_DATABASES"

// startPostgres starts PostgreSQL with an empty database and returns its URL. It is stopped at the end of the test. The server listens
// on a Unix socket only, so that it needs no free port.
func startPostgres(t *testing.T) string {
	t.Helper()
	initdb := postgresProgram("initdb")
	if initdb == "" {
		skipOrFail(t, databasesRequired, "PostgreSQL is not installed; on Debian: apt-get install postgresql")
	}
	folder, owner := socketFolder(t), unprivileged(t)
	if owner != nil {
		if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(folder, "data")
	create := exec.CommandContext(t.Context(), initdb, "--pgdata="+data, "--username=linger", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	create.Dir, create.SysProcAttr = folder, &syscall.SysProcAttr{Credential: owner}
	if output, err := create.CombinedOutput(); err != nil {
		t.Fatalf("initdb ends with %v:\n%s", err, output)
	}
	server := exec.Command(postgresProgram("postgres"), "-D", data, "-c", "listen_addresses=", "-c", "unix_socket_directories="+folder, "-c", "fsync=off")
	server.Dir, server.SysProcAttr = folder, &syscall.SysProcAttr{Credential: owner}
	startDatabase(t, server, syscall.SIGINT, postgresProgram("pg_isready"), "--host="+folder)
	return "postgres://linger@/postgres?host=" + folder
}

// startRedis starts Redis without any keys and returns the path of its Unix socket. It is stopped at the end of the test.
func startRedis(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		skipOrFail(t, databasesRequired, "Redis is not installed; on Debian: apt-get install redis-server")
	}
	folder := socketFolder(t)
	socket := filepath.Join(folder, "redis.sock")
	server := exec.Command(program, "--port", "0", "--unixsocket", socket, "--save", "")
	server.Dir = folder
	startDatabase(t, server, syscall.SIGTERM, "redis-cli", "-s", socket, "ping")
	return socket
}

// postgresProgram returns the path of a program of PostgreSQL, or an empty string. Debian has the programs of each version in a folder
// that is not in PATH.
func postgresProgram(name string) string {
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err == nil && len(paths) > 0 {
		return slices.Max(paths)
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	return path
}

// unprivileged returns the user that runs PostgreSQL, which refuses to run as root, or nil for the user of the test.
func unprivileged(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		skipOrFail(t, databasesRequired, "the test runs as root, and there is no user postgres or nobody to run PostgreSQL")
	}
	uid, _ := strconv.ParseUint(account.Uid, 10, 32)
	gid, _ := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// socketFolder creates a folder whose path is short enough for a Unix socket in it, and removes it at the end of the test.
func socketFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "linger")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("removing the folder of a database: %v", err)
		}
	})
	return folder
}

// startDatabase starts a server and waits until a command that checks it succeeds. At the end of the test the signal stops it.
func startDatabase(t *testing.T, server *exec.Cmd, stop syscall.Signal, check string, args ...string) {
	t.Helper()
	var output bytes.Buffer
	server.Stdout, server.Stderr = &output, &output
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Wait()
	}()
	t.Cleanup(func() {
		_ = server.Process.Signal(stop)
		<-ended
	})
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	for {
		answer, err := exec.CommandContext(ctx, check, args...).CombinedOutput()
		if err == nil {
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s has ended:\n%s", server.Path, output.String())
		case <-ctx.Done():
			t.Fatalf("%s does not answer: %v: %s", server.Path, err, answer)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
