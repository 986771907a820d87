// Package supervisor runs a cluster's components in the background, in order, and answers on a socket.
package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Step is one part of the start: work to do, or a component to run.
type Step struct {
	// Name for messages; a component's step has the component's.
	Name string
	// Exactly one of the two.
	Do        func(context.Context) error
	Component *Component
	// Undo is done at the stop, after the component was stopped and everything that was started later.
	Undo func(context.Context) error
}

func (s Step) name() string {
	if s.Component != nil {
		return s.Component.Name
	}
	return s.Name
}

// Plan is what a supervisor does.
type Plan struct {
	Steps []Step
	// RunDir takes the socket and the pid files, LogDir a log for each component.
	RunDir, LogDir string
	// Env of the components.
	Env []string
}

// Phase of a cluster.
type Phase string

// The phases.
const (
	Starting Phase = "starting"
	Ready    Phase = "ready"
	Failed   Phase = "failed"
	Stopping Phase = "stopping"
)

// Status is what the supervisor answers.
type Status struct {
	Phase      Phase             `json:"phase"`
	Error      string            `json:"error,omitempty"`
	Executable string            `json:"executable"`
	Pid        int               `json:"pid"`
	Current    string            `json:"current,omitempty"` // the step that is being done
	Done       []DoneStep        `json:"done"`
	Components []ComponentStatus `json:"components"`
}

// AllRunning says whether no component has just ended.
func (s Status) AllRunning() bool {
	return !slices.ContainsFunc(s.Components, func(c ComponentStatus) bool { return !c.Running })
}

// DoneStep is a step of the start that has ended well.
type DoneStep struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// ComponentStatus is how a component is doing.
type ComponentStatus struct {
	Name     string    `json:"name"`
	Running  bool      `json:"running"`
	Pid      int       `json:"pid,omitempty"`
	Restarts int       `json:"restarts"`
	Since    time.Time `json:"since"`
}

type supervisor struct {
	plan       Plan
	executable string
	cancel     context.CancelFunc

	mu      sync.Mutex
	phase   Phase
	failure error
	current string
	done    []DoneStep
	begun   []begun
}

// begun is a step that has to be undone.
type begun struct {
	step    Step
	process *process // nil without a component
}

// SocketPath is where the supervisor of a run folder answers.
func SocketPath(runDir string) string { return filepath.Join(runDir, "supervisor.sock") }

// Run does the plan until the context ends or a client asks it to stop. A start that fails stops every component, and
// the supervisor goes on answering, so that the failure can be read.
func Run(ctx context.Context, plan Plan) error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	listener, err := listen(SocketPath(plan.RunDir))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &supervisor{plan: plan, executable: executable, cancel: cancel, phase: Starting}
	server := &http.Server{Handler: s.handler()}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Print(err)
			cancel()
		}
	}()
	defer server.Close()

	err = s.up(ctx)
	switch {
	case err == nil:
		s.setPhase(Ready, nil)
	case ctx.Err() == nil:
		log.Printf("failed: %v", err)
		s.down()
		s.setPhase(Failed, err)
		<-ctx.Done()
		return nil
	}
	<-ctx.Done()
	s.setPhase(Stopping, nil)
	s.down()
	return nil
}

func listen(path string) (net.Listener, error) {
	if connection, err := net.Dial("unix", path); err == nil {
		connection.Close()
		return nil, fmt.Errorf("a supervisor answers at %s already", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}

func (s *supervisor) up(ctx context.Context) error {
	if err := endLeftovers(s.plan.RunDir); err != nil {
		return err
	}
	for _, step := range s.plan.Steps {
		started := time.Now()
		s.mu.Lock()
		s.current = step.name()
		s.mu.Unlock()
		if err := s.do(ctx, step); err != nil {
			return fmt.Errorf("%s: %w", step.name(), err)
		}
		s.mu.Lock()
		s.current = ""
		s.done = append(s.done, DoneStep{step.name(), time.Since(started).Seconds()})
		s.mu.Unlock()
		log.Printf("%s: done in %s", step.name(), time.Since(started).Round(time.Millisecond))
	}
	return nil
}

func (s *supervisor) do(ctx context.Context, step Step) error {
	if step.Component == nil {
		s.begin(begun{step: step})
		return step.Do(ctx)
	}
	p := &process{
		Component: *step.Component,
		env:       s.plan.Env,
		logFile:   filepath.Join(s.plan.LogDir, step.Component.Name+".log"),
		pid:       filepath.Join(s.plan.RunDir, step.Component.Name+".pid"),
	}
	// The log of the start before this one is kept.
	if err := os.Rename(p.logFile, p.logFile+".old"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := p.start(); err != nil {
		return err
	}
	s.begin(begun{step, p})
	return p.waitReady(ctx)
}

func (s *supervisor) begin(b begun) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = append(s.begun, b)
}

// down undoes what was begun, the last first; a failure stops nothing of it.
func (s *supervisor) down() {
	s.mu.Lock()
	all := slices.Clone(s.begun)
	s.mu.Unlock()
	for _, b := range slices.Backward(all) {
		if b.process != nil {
			b.process.stop()
		}
		if b.step.Undo != nil {
			if err := b.step.Undo(context.Background()); err != nil {
				log.Printf("%s: undo: %v", b.step.name(), err)
			}
		}
		log.Printf("%s: stopped", b.step.name())
	}
}

// processes are those of the components that were begun.
func (s *supervisor) processes() []*process {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*process
	for _, b := range s.begun {
		if b.process != nil {
			found = append(found, b.process)
		}
	}
	return found
}

func (s *supervisor) setPhase(phase Phase, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.phase, s.failure = phase, err
	log.Printf("phase: %s", phase)
}

func (s *supervisor) status() Status {
	status := Status{Executable: s.executable, Pid: os.Getpid()}
	for _, p := range s.processes() {
		status.Components = append(status.Components, p.status())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status.Phase, status.Current, status.Done = s.phase, s.current, slices.Clone(s.done)
	if s.failure != nil {
		status.Error = s.failure.Error()
	}
	return status
}

func (s *supervisor) restart(ctx context.Context, name string) error {
	var names []string
	for _, p := range s.processes() {
		if p.Name == name {
			p.stop()
			if err := p.start(); err != nil {
				return err
			}
			return p.waitReady(ctx)
		}
		names = append(names, p.Name)
	}
	return fmt.Errorf("there is no component %q: use one of %s", name, strings.Join(names, ", "))
}

func (s *supervisor) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		if err := json.NewEncoder(w).Encode(s.status()); err != nil {
			log.Print(err)
		}
	})
	mux.HandleFunc("POST /restart/{name}", func(w http.ResponseWriter, r *http.Request) {
		if err := s.restart(r.Context(), r.PathValue("name")); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	mux.HandleFunc("POST /stop", func(http.ResponseWriter, *http.Request) { s.cancel() })
	return mux
}
