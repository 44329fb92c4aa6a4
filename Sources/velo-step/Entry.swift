import Glibc
import VeloBuild
import VeloSystem

/// The program inside the sandbox: does the step that `/velo/step` describes. Started by the worker only.
///
/// A program of its own, and no more than that: the server's packages would double the time until it does something.
@main
struct Entry {
    static func main() {
        // Asked by who wants to know how long it takes to come this far.
        if CommandLine.arguments.dropFirst().first == "--start" { exit(0) }
        do {
            exit(try StepRunner().run() ? 0 : 1)
        } catch {
            Terminal.write("error: \(ProblemReport(error).oneLine)\n", to: .error)
            exit(1)
        }
    }
}
