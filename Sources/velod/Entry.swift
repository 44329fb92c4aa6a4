import Foundation
import VeloCLI
import VeloSystem

@main
struct Entry {
    static func main() {
        let stop = StopRequest()
        // Before there is any other thread: signals are blocked in those that this one starts.
        Terminal.onStop { signal in
            // Whoever asks twice does not want to wait for order; the next start puts in order what is left.
            if stop.request(signal) { Terminal.exit(signal.exitStatus) }
        }
        let invocation = Invocation(environment: ProcessInfo.processInfo.environment, stop: stop)
        Task.detached {
            let status = await invocation.run(ProcessArguments.words)
            Terminal.exit(status.code)
        }
        // An asynchronous `main` would leave this thread to libdispatch, which waits with every signal let through: one
        // that arrives there ends the process.
        while true { Thread.sleep(forTimeInterval: 3600) }
    }
}
