// Command measure prints what a binary of poolhouse costs before it does
// anything: the time from start on an existing database to the first 200 on
// /healthz, the resident memory 30 s after start, and its size.
//
//	go run ./internal/housetest/cmd/measure bin/poolhouse
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	starts = 9
	rest   = 30 * time.Second
)

func main() {
	if err := measure(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: measure BINARY")
	}
	binary, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	size, err := os.Stat(binary)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "measure")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if _, _, err := start(binary, folder, 0); err != nil { // makes the database
		return err
	}
	var took []time.Duration
	for range starts {
		d, _, err := start(binary, folder, 0)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	_, memory, err := start(binary, folder, rest)
	if err != nil {
		return err
	}
	slices.Sort(took)
	fmt.Printf("start to first 200 on /healthz, existing database: median %v, slowest %v of %d\n",
		took[starts/2].Round(100*time.Microsecond), took[starts-1].Round(100*time.Microsecond), starts)
	fmt.Printf("resident memory %v after start: %s\n", rest, memory)
	fmt.Printf("binary: %.1f MB\n", float64(size.Size())/1e6)
	return nil
}

// start runs the demo pool until it answers, waits, and stops it.
func start(binary, folder string, wait time.Duration) (took time.Duration, memory string, err error) {
	address, err := freePort()
	if err != nil {
		return 0, "", err
	}
	command := exec.Command(binary, "serve", "--dev", "--listen", address, "--db", "sqlite:"+filepath.Join(folder, "pool.db"),
		"--master-key-file", filepath.Join(folder, "master.key"), "--apply", "cmd/poolhouse/demo.json")
	var said bytes.Buffer
	command.Stderr = &said
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, "", err
	}
	defer func() {
		command.Process.Signal(syscall.SIGTERM)
		if waitErr := command.Wait(); err == nil && waitErr != nil {
			err = fmt.Errorf("%w: %s", waitErr, said.String())
		}
	}()
	for {
		answer, err := http.Get("http://" + address + "/healthz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Since(began) > rest {
			return 0, "", errors.New("the server does not answer")
		}
		time.Sleep(500 * time.Microsecond)
	}
	took = time.Since(began)
	time.Sleep(wait)
	memory, err = resident(command.Process.Pid)
	return took, memory, err
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// resident reads VmRSS (proc(5)).
func resident(pid int) (string, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			return strings.TrimSpace(value), nil
		}
	}
	return "", errors.New("no VmRSS")
}
