package supervisor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// run starts a supervisor and gives a client of it; the supervisor ends with the test.
func run(t *testing.T, steps ...Step) *Client {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, Plan{Steps: steps, RunDir: dir, LogDir: dir, Env: os.Environ()}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return NewClient(dir)
}

func eventually(t *testing.T, client *Client, what string, holds func(Status) bool) Status {
	t.Helper()
	var status Status
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		current, err := client.Status(t.Context())
		if err == nil && holds(current) {
			return current
		}
		status = current
	}
	t.Fatalf("%s: not within 20 s; the status is %+v", what, status)
	return status
}

func isReady(status Status) bool { return status.Phase == Ready && status.AllRunning() }

func shell(name, script string) *Component {
	return &Component{Name: name, Path: "/bin/sh", Args: []string{name, "-c", script}}
}

func TestAComponentThatWasKilledIsStartedAgain(t *testing.T) {
	client := run(t, Step{Component: shell("sleeper", "exec sleep 1000")})
	before := eventually(t, client, "ready", isReady).Components[0].Pid
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	after := eventually(t, client, "started again", func(s Status) bool { return isReady(s) && s.Components[0].Pid != before })
	if after.Components[0].Restarts != 1 {
		t.Errorf("%d restarts; want 1", after.Components[0].Restarts)
	}
}

func TestRestartReplacesTheProcess(t *testing.T) {
	client := run(t, Step{Component: shell("one", "exec sleep 1000")}, Step{Component: shell("two", "exec sleep 1000")})
	before := eventually(t, client, "ready", isReady).Components
	if err := client.Restart(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	after := eventually(t, client, "ready", isReady).Components
	if after[0].Pid != before[0].Pid || after[1].Pid == before[1].Pid {
		t.Errorf("processes before %+v, after %+v; want the second alone replaced", before, after)
	}
	err := client.Restart(t.Context(), "three")
	if err == nil || err.Error() != `there is no component "three": use one of one, two` {
		t.Errorf("restart of an unknown component: %v", err)
	}
}

func TestAFailedStartIsUndoneInReverse(t *testing.T) {
	var undone []string
	undo := func(name string) func(context.Context) error {
		return func(context.Context) error { undone = append(undone, name); return errors.New("ignored") }
	}
	nothing := func(context.Context) error { return nil }
	client := run(t,
		Step{Name: "first", Do: nothing, Undo: undo("first")},
		Step{Component: shell("component", "exec sleep 1000"), Undo: undo("component")},
		Step{Name: "bad", Do: func(context.Context) error { return errors.New("the reason") }, Undo: undo("bad")},
		Step{Name: "never", Do: nothing, Undo: undo("never")},
	)
	status := eventually(t, client, "failed", func(s Status) bool { return s.Phase == Failed })
	if status.Error != "bad: the reason" {
		t.Errorf("error %q", status.Error)
	}
	if got := strings.Join(undone, " "); got != "bad component first" {
		t.Errorf("undone: %s", got)
	}
	if status.Components[0].Running {
		t.Error("the component still runs")
	}
}

func TestWhatAKilledSupervisorLeftIsEnded(t *testing.T) {
	dir := t.TempDir()
	left := exec.Command("sleep", "1000")
	if err := left.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- left.Wait() }()
	if err := writePid(filepath.Join(dir, "left.pid"), left.Process.Pid); err != nil {
		t.Fatal(err)
	}
	// Its process id is this test's now, with another start time.
	if err := os.WriteFile(filepath.Join(dir, "reused.pid"), []byte(strconv.Itoa(os.Getpid())+" 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := NewClient(dir).Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("the process still runs")
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.pid")); len(files) > 0 {
		t.Errorf("pid files are left: %v", files)
	}
}
