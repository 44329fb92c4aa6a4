"""What scripts that run stock brew have in common: a brew of any version, where only the script sees it, and a velod.

Needs root; Debian: ruby git curl.
"""
import os, pathlib, shutil, socket, subprocess, sys, time

NOBODY = 65534
HOME = pathlib.Path("/home/linuxbrew")
PREFIX = HOME / ".linuxbrew"
BREW = PREFIX / "Homebrew"
TOP = pathlib.Path(__file__).resolve().parents[2]
VELOD = os.environ.get("VELOD", str(TOP / ".build/release/velod"))


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def enter():
    """Starts the script again where mounts are its own, with an empty home for brew."""
    if "BREWING_INSIDE" not in os.environ:
        os.environ["BREWING_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv])
    os.environ["GIT_CONFIG_COUNT"], os.environ["GIT_CONFIG_KEY_0"], os.environ["GIT_CONFIG_VALUE_0"] = "1", "safe.directory", "*"
    run("mount", "-t", "tmpfs", "-o", "mode=755", "none", "/home")
    HOME.mkdir()


def serve(work, configuration="", environment={}):
    """A velod with an empty data folder: the process, and its address. Its log is work/velod.log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (work / "velod.toml").write_text(configuration)
    with open(work / "velod.log", "w") as log:
        process = subprocess.Popen(
            [VELOD, "serve", "--data", str(work / "data"), "--port", str(port), "--workers", "0", "--config", str(work / "velod.toml")],
            env={**os.environ, **environment}, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        if subprocess.run(["curl", "-sfo", "/dev/null", url + "/healthz"]).returncode == 0:
            return process, url
        time.sleep(0.1)
    process.kill()
    sys.exit(f"velod does not answer: {(work / 'velod.log').read_text()[-2000:]}")


class Brew:
    """A checkout of a version at Homebrew's prefix, run by a user without rights."""

    def __init__(self, repository, tag, public=None):
        """public: the key that API documents are checked with, in the place of Homebrew's."""
        self.tag, self.environment = tag, {}
        for path in HOME.iterdir():
            shutil.rmtree(path)
        BREW.parent.mkdir(parents=True)
        remote = HOME / "brew.git"
        run("git", "clone", "-q", "--no-hardlinks", str(repository), str(BREW))
        run("git", "-C", str(BREW), "checkout", "-q", "-B", "master", tag)
        if public:
            (BREW / "Library/Homebrew/api/homebrew-1.pem").write_text(public)
            run("git", "-C", str(BREW), "-c", "user.name=check", "-c", "user.email=check@example.org", "commit", "-qam", "Key of the check")
        run("git", "clone", "-q", "--bare", "--no-hardlinks", str(BREW), str(remote))
        run("git", "-C", str(BREW), "remote", "set-url", "origin", str(remote))
        gems = BREW / "Library/Homebrew/vendor/bundle/ruby"
        wanted = run("ruby", "-e", "print RbConfig::CONFIG['ruby_version']")
        if not (gems / wanted).exists():
            (gems / wanted).symlink_to(next(path.name for path in gems.iterdir()))
        self.reset()
        run("chown", "-R", f"{NOBODY}:{NOBODY}", str(HOME))

    def reset(self):
        """As it is before anything was tapped or installed."""
        for path in [*PREFIX.iterdir(), HOME / ".cache", BREW / "Library/Taps"]:
            if path != BREW:
                shutil.rmtree(path, ignore_errors=True)
        for name in ["bin", "Cellar", "opt", "etc", "var", "var/homebrew", "Homebrew/Library/Taps"]:
            (PREFIX / name).mkdir()
            os.chown(PREFIX / name, NOBODY, NOBODY)
        (PREFIX / "bin/brew").symlink_to("../Homebrew/bin/brew")

    def __call__(self, *words):
        environment = {"HOME": str(HOME), "USER": "nobody", "LANG": "C.UTF-8", "PATH": f"{PREFIX}/bin:/usr/bin:/bin", "HOMEBREW_BREW_GIT_REMOTE": str(HOME / "brew.git")}
        for name in ["DEVELOPER", "USE_RUBY_FROM_PATH", "NO_AUTO_UPDATE", "NO_ANALYTICS", "NO_ENV_HINTS", "NO_INSTALL_CLEANUP", "NO_BOOTSNAP", "NO_COLOR"]:
            environment["HOMEBREW_" + name] = "1"
        result = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", str(PREFIX / "bin/brew"), *words],
                                env={**environment, **self.environment}, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode:
            raise AssertionError(f"brew {' '.join(words)}: {result.stdout[-2000:]}")
        return result.stdout
