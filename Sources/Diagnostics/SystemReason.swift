import Foundation

/// The system's own words for a failed file operation, without Foundation's around them.
public func reason(_ error: any Error) -> String {
    // On Linux it is no NSError that stands there, nor is it cast to one.
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError
    return underlying.map { String(cString: strerror($0.code.rawValue)) } ?? (error as NSError).localizedDescription
}
