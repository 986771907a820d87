package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// ErrNotRunning says that no supervisor answers.
var ErrNotRunning = errors.New("the cluster is not running")

// Client asks the supervisor of a run folder.
type Client struct {
	runDir string
	http   http.Client
}

// NewClient does not connect yet.
func NewClient(runDir string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", SocketPath(runDir))
	}
	return &Client{runDir: runDir, http: http.Client{Transport: &http.Transport{DialContext: dial}}}
}

// Status asks how the cluster is doing.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var status Status
	body, err := c.call(ctx, http.MethodGet, "/status")
	if err != nil {
		return status, err
	}
	return status, json.Unmarshal(body, &status)
}

// Restart stops one component, starts it again and waits until it is ready.
func (c *Client) Restart(ctx context.Context, component string) error {
	_, err := c.call(ctx, http.MethodPost, "/restart/"+component)
	return err
}

// Stop ends the supervisor with everything that it runs, and waits for it. Where none answers, what a killed one has
// left behind is ended.
func (c *Client) Stop(ctx context.Context) error {
	status, err := c.Status(ctx)
	if errors.Is(err, ErrNotRunning) {
		return endLeftovers(c.runDir)
	}
	if err != nil {
		return err
	}
	if _, err := c.call(ctx, http.MethodPost, "/stop"); err != nil && !errors.Is(err, ErrNotRunning) {
		return err
	}
	for {
		if _, err := startTime(status.Pid); err != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the supervisor (process %d) does not end: %w", status.Pid, ctx.Err())
		case <-time.After(readyPoll):
		}
	}
}

func (c *Client) call(ctx context.Context, method, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://supervisor"+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(body)))
	}
	return body, err
}
