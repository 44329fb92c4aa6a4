package import ArgumentParser

/// Options of every command: how it talks.
package struct OutputOptions: ParsableArguments, Sendable {
    @Flag(name: .shortAndLong, help: "Print names only, and errors.")
    package var quiet = false

    @Flag(name: .shortAndLong, help: "Print more about what happens.")
    package var verbose = false

    @Option(help: "Use colour: auto, always or never.")
    package var color: String?

    package init() {}

    var flags: [SettingKey: String] { color.map { [.color: $0] } ?? [:] }
}

/// Where it is installed.
struct PrefixOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder to install into.", valueName: "path"))
    var prefix: String?

    var flags: [SettingKey: String] { prefix.map { [.prefix: $0] } ?? [:] }
}

/// Where bottles come from.
struct MirrorOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A mirror's address; may be given several times, in order.", valueName: "url"))
    var mirror: [String] = []

    var flags: [SettingKey: String] { mirror.isEmpty ? [:] : [.mirror: mirror.joined(separator: ",")] }
}

struct ProgressOptions: ParsableArguments {
    @Option(help: "Show progress: auto, bar, plain or none.")
    var progress: String?

    var flags: [SettingKey: String] { progress.map { [.progress: $0] } ?? [:] }
}

/// For commands that read.
struct JSONOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false
}
