# Runs a command on a terminal of its own: terminal.py ROWS COLUMNS COMMAND...
# What comes on standard input is typed, what the terminal gets goes to standard output. Descriptor 3 takes lines:
# "size ROWS COLUMNS", "signal NUMBER". At the end one line on standard error: {"code", "cooked"}, where cooked says
# whether the terminal was left as it was found.
import fcntl, json, os, select, struct, sys, termios

def resize(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', int(rows), int(columns), 0, 0))

rows, columns, *command = sys.argv[1:]
master, slave = os.openpty()
resize(slave, rows, columns)
before = termios.tcgetattr(slave)
child = os.fork()
if child == 0:
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    for fd in (0, 1, 2):
        os.dup2(slave, fd)
    os.closerange(3, 64)
    os.execvp(command[0], command)

orders = b''
sources = [master, 0, 3]
status = None
while True:
    ready, _, _ = select.select(sources, [], [], 0.02)
    if not ready and status is not None:
        break
    for fd in ready:
        data = os.read(fd, 65536)
        if fd == master:
            os.write(1, data)
        elif not data:
            sources.remove(fd)
        elif fd == 0:
            os.write(master, data)
        else:
            *lines, orders = (orders + data).split(b'\n')
            for line in lines:
                name, *words = line.decode().split()
                if name == 'size':
                    resize(slave, *words)
                elif status is None:
                    os.kill(child, int(words[0]))
    if status is None:
        pid, ended = os.waitpid(child, os.WNOHANG)
        if pid:
            status = ended
code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
print(json.dumps({'code': code, 'cooked': termios.tcgetattr(slave) == before}), file=sys.stderr)
