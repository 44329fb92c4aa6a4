import FoundationEssentials
package import Logging
import SystemPackage
import VeloBuild

/// Writes log lines as JSON objects or as text, to standard error or to a file that is put aside when it has grown.
///
///     {"level":"info","message":"request","path":"/v2/","request":"9db398a1cb5afe5d","time":"2026-11-28T18:17:21Z"}
package struct LineLogHandler: LogHandler {
    package var logLevel = Logger.Level.info
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let asJSON: Bool
    private let file: RotatingFile?

    /// - Parameter file: nil for standard error.
    package init(asJSON: Bool, file: RotatingFile?) {
        self.asJSON = asJSON
        self.file = file
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields: [String: String] = [:]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            fields[key] = "\(value)"
        }
        let line = line(event.level, "\(event.message)", fields)
        guard let file else {
            // Nobody waits for a log.
            _ = try? FileDescriptor.standardError.writeAll(line)
            return
        }
        file.append(line)
    }

    func line(_ level: Logger.Level, _ message: String, _ fields: [String: String]) -> [UInt8] {
        let time = Date().ISO8601Format()
        guard asJSON else {
            let words = fields.sorted { $0.key < $1.key }.map { "\($0.key)=\(LogText.sanitize($0.value))" }
            return Array("\(time) \(level) \(LogText.sanitize(message)) \(words.joined(separator: " "))\n".utf8)
        }
        let own = ["time": time, "level": level.rawValue, "message": message]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts only: encoding them cannot go wrong.
        return Array((try? encoder.encode(fields.merging(own) { $1 })) ?? Data()) + [0x0A]
    }
}
