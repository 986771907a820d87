package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"cluster/node"
	"cluster/supervisor"
)

const (
	appearTimeout = 20 * time.Second // of the supervisor
	stopTimeout   = 3 * time.Minute
	poll          = 100 * time.Millisecond
)

func command() *cobra.Command {
	var dir string
	root := &cobra.Command{
		Use:   "cluster",
		Short: "A one-node Kubernetes for tests, as root on Debian or Ubuntu",
		// main prints the error.
		SilenceErrors: true, SilenceUsage: true,
	}
	root.PersistentFlags().StringVar(&dir, "dir", defaultDir(), "folder of everything that the cluster writes")
	layout := func() (node.Layout, error) { return layoutOf(dir) }
	root.AddCommand(upCommand(layout), downCommand(layout), statusCommand(layout), restartCommand(layout), superviseCommand(layout))
	return root
}

type getLayout func() (node.Layout, error)

func layoutOf(dir string) (node.Layout, error) {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return node.Layout{}, err
	}
	executable, err := os.Executable()
	if err != nil {
		return node.Layout{}, err
	}
	return node.Layout{Dir: absolute, BinDir: filepath.Dir(executable)}, nil
}

func upCommand(layout getLayout) *cobra.Command {
	return &cobra.Command{
		Use: "up", Short: "Start the cluster in the background and wait until it is ready", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			l, err := layout()
			if err != nil {
				return err
			}
			return up(command.Context(), l, command.OutOrStdout())
		},
	}
}

func up(ctx context.Context, l node.Layout, out io.Writer) error {
	client := supervisor.NewClient(l.RunDir())
	status, err := client.Status(ctx)
	if err == nil && (status.Phase == supervisor.Failed || status.Phase == supervisor.Stopping ||
		status.Executable != filepath.Join(l.BinDir, "cluster")) {
		fmt.Fprintln(out, "Stopping an earlier cluster")
		if err = client.Stop(ctx); err == nil {
			err = supervisor.ErrNotRunning
		}
	}
	if errors.Is(err, supervisor.ErrNotRunning) {
		err = startSupervisor(ctx, l, client)
	}
	if err != nil {
		return err
	}
	return follow(ctx, l, client, out)
}

// startSupervisor runs this program in the background, in a session of its own.
func startSupervisor(ctx context.Context, l node.Layout, client *supervisor.Client) error {
	for _, dir := range []string{l.RunDir(), l.LogDir()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	logFile := filepath.Join(l.LogDir(), "supervisor.log")
	log, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer log.Close()
	background := exec.Command(filepath.Join(l.BinDir, "cluster"), "supervise", "--dir", l.Dir)
	background.Stdout, background.Stderr = log, log
	background.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := background.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- background.Wait() }()
	deadline := time.After(appearTimeout)
	for {
		if _, err := client.Status(ctx); err == nil {
			return nil
		}
		select {
		case <-ended:
			content, _ := os.ReadFile(logFile)
			return fmt.Errorf("the supervisor ended:\n%s", content)
		case <-deadline:
			return fmt.Errorf("the supervisor does not answer; see %s", logFile)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}

// follow prints a line for each step that is done until the cluster is ready.
func follow(ctx context.Context, l node.Layout, client *supervisor.Client, out io.Writer) error {
	for shown := 0; ; {
		status, err := client.Status(ctx)
		if err != nil {
			return err
		}
		for ; shown < len(status.Done); shown++ {
			fmt.Fprintf(out, "%s (%.1f s)\n", status.Done[shown].Name, status.Done[shown].Seconds)
		}
		switch status.Phase {
		case supervisor.Ready:
			// A component that has crashed is being started again.
			if !status.AllRunning() {
				break
			}
			fmt.Fprintf(out, "ready: KUBECONFIG=%s, kubectl: %s\n", l.Kubeconfig(), l.Kubectl())
			return nil
		case supervisor.Failed:
			return errors.Join(errors.New(status.Error), client.Stop(ctx))
		case supervisor.Stopping:
			return errors.New("the cluster is being stopped")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}

func downCommand(layout getLayout) *cobra.Command {
	var wipe bool
	command := &cobra.Command{
		Use: "down", Short: "Stop the cluster and its pods; objects, volumes and images stay", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			l, err := layout()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(command.Context(), stopTimeout)
			defer cancel()
			return down(ctx, l, wipe, command.OutOrStdout())
		},
	}
	command.Flags().BoolVar(&wipe, "wipe", false, "remove objects, volumes, images and logs too")
	return command
}

func down(ctx context.Context, l node.Layout, wipe bool, out io.Writer) error {
	client := supervisor.NewClient(l.RunDir())
	if _, err := client.Status(ctx); errors.Is(err, supervisor.ErrNotRunning) && node.Interrupted() {
		fmt.Fprintln(out, "The cluster was killed: starting it, so that it can be stopped in order")
		if err := up(ctx, l, out); err != nil {
			fmt.Fprintln(out, err)
		}
	}
	if err := client.Stop(ctx); err != nil {
		return err
	}
	if wipe {
		return node.Wipe(l)
	}
	return nil
}

func statusCommand(layout getLayout) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show the components; the status is 3 when the cluster is not running", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			l, err := layout()
			if err != nil {
				return err
			}
			status, err := supervisor.NewClient(l.RunDir()).Status(command.Context())
			if errors.Is(err, supervisor.ErrNotRunning) {
				fmt.Fprintln(command.OutOrStdout(), "stopped")
				os.Exit(3)
			}
			if err != nil {
				return err
			}
			return printStatus(command.OutOrStdout(), status)
		},
	}
}

func printStatus(out io.Writer, status supervisor.Status) error {
	fmt.Fprintln(out, status.Phase, status.Current, status.Error)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, component := range status.Components {
		state := "ended"
		if component.Running {
			state = fmt.Sprintf("running for %s", time.Since(component.Since).Round(time.Second))
		}
		fmt.Fprintf(table, "%s\t%s\tpid %d\t%d restarts\n", component.Name, state, component.Pid, component.Restarts)
	}
	return table.Flush()
}

func restartCommand(layout getLayout) *cobra.Command {
	return &cobra.Command{
		Use: "restart COMPONENT", Short: "Stop one component, start it and wait until it is ready", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			l, err := layout()
			if err != nil {
				return err
			}
			return supervisor.NewClient(l.RunDir()).Restart(command.Context(), args[0])
		},
	}
}

func superviseCommand(layout getLayout) *cobra.Command {
	return &cobra.Command{
		Use: "supervise", Short: "Run the cluster in the foreground", Args: cobra.NoArgs, Hidden: true,
		RunE: func(command *cobra.Command, _ []string) error {
			l, err := layout()
			if err != nil {
				return err
			}
			plan, err := node.Plan(l)
			if err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(command.Context(), syscall.SIGTERM, os.Interrupt)
			defer stop()
			return supervisor.Run(ctx, plan)
		},
	}
}
