package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	stopGrace    = 5 * time.Second        // between SIGTERM and SIGKILL
	readyTimeout = 2 * time.Minute        // of one component
	readyPoll    = 100 * time.Millisecond // between two looks
	maxBackoff   = 10 * time.Second       // before a crashed component is started again
	maxCrashes   = 5                      // before its first readiness; then it is given up
	logTail      = 15                     // lines of a log in an error
)

// Component is a program that runs as long as the cluster does.
type Component struct {
	Name string
	// Path of the program; Args[0] is the name that it sees.
	Path string
	Args []string
	// Ready is polled until it returns nil; without it the component is ready when it was started.
	Ready func(context.Context) error
}

// process keeps one component running: what ends by itself is started again.
type process struct {
	Component
	env          []string
	logFile, pid string // paths

	mu       sync.Mutex
	cmd      *exec.Cmd
	ended    chan struct{} // closed when cmd has ended
	since    time.Time
	restarts int
	stopping bool
}

// start runs the component and keeps it running until stop.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopping = false
	return p.spawn()
}

// spawn is called with the lock held.
func (p *process) spawn() error {
	log, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := &exec.Cmd{
		Path: p.Path, Args: p.Args, Env: p.env, Stdout: log, Stderr: log,
		// A group of its own: a signal to the supervisor's terminal or group is not the component's.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.ended, p.since = cmd, make(chan struct{}), time.Now()
	go p.watch(cmd, p.ended)
	return writePid(p.pid, cmd.Process.Pid)
}

func (p *process) watch(cmd *exec.Cmd, ended chan struct{}) {
	_ = cmd.Wait()
	close(ended)
	for {
		p.mu.Lock()
		if p.stopping || p.cmd != cmd {
			p.mu.Unlock()
			return
		}
		wait := min(time.Second<<min(p.restarts, 4), maxBackoff)
		if time.Since(p.since) > time.Minute {
			p.restarts, wait = 0, time.Second
		}
		p.restarts++
		p.mu.Unlock()
		time.Sleep(wait)

		p.mu.Lock()
		if p.stopping || p.cmd != cmd || p.spawn() == nil {
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
}

// stop ends the component and waits for it.
func (p *process) stop() {
	p.mu.Lock()
	p.stopping = true
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopGrace):
		_ = cmd.Process.Kill()
		<-ended
	}
	_ = os.Remove(p.pid)
}

// waitReady returns when the component is ready, or with the end of its log when it cannot become it.
func (p *process) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		err := error(nil)
		if p.Ready != nil {
			err = p.Ready(ctx)
		}
		running, restarts := p.running()
		if err == nil && running {
			return nil
		}
		if restarts >= maxCrashes {
			return fmt.Errorf("%s ends again and again; the end of %s:\n%s", p.Name, p.logFile, tail(p.logFile))
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("%s is not ready after %s (%v); the end of %s:\n%s", p.Name, readyTimeout, err, p.logFile, tail(p.logFile))
			}
			return ctx.Err()
		case <-time.After(readyPoll):
		}
	}
}

func (p *process) running() (running bool, restarts int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return false, 0
	}
	select {
	case <-p.ended:
		return false, p.restarts
	default:
		return true, p.restarts
	}
}

func (p *process) status() ComponentStatus {
	running, restarts := p.running()
	p.mu.Lock()
	defer p.mu.Unlock()
	status := ComponentStatus{Name: p.Name, Running: running, Restarts: restarts, Since: p.since}
	if running {
		status.Pid = p.cmd.Process.Pid
	}
	return status
}

func tail(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-logTail):], "\n  ")
}

// A pid file holds the process id and its start time, which tell a process from a later one with the same id.
func writePid(path string, pid int) error {
	started, err := startTime(pid)
	if err != nil {
		return nil // it has ended already
	}
	return os.WriteFile(path, fmt.Appendf(nil, "%d %s\n", pid, started), 0o644)
}

// endLeftovers ends what a supervisor that was killed has left behind.
func endLeftovers(pidDir string) error {
	files, err := filepath.Glob(filepath.Join(pidDir, "*.pid"))
	if err != nil {
		return err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		first, started, _ := strings.Cut(strings.TrimSpace(string(content)), " ")
		pid, err := strconv.Atoi(first)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := endProcess(pid, started); err != nil {
			return err
		}
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	return nil
}

func endProcess(pid int, started string) error {
	alive := func() bool {
		now, err := startTime(pid)
		return err == nil && now == started
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if !alive() {
			return nil
		}
		_ = syscall.Kill(pid, signal)
		for end := time.Now().Add(stopGrace); alive() && time.Now().Before(end); {
			time.Sleep(readyPoll)
		}
	}
	if alive() {
		return fmt.Errorf("process %d does not end", pid)
	}
	return nil
}

// startTime of a process in clock ticks since boot (proc(5), field 22 of stat). A zombie counts as ended.
func startTime(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field, the program's name in brackets, may hold blanks.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" {
		return "", os.ErrProcessDone
	}
	return fields[19], nil
}
