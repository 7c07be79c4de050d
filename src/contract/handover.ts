// How the desktop page gets its MessagePort: the page asks its window, the preload answers with the port. In a browser
// nobody answers.

/** Posted by the page to its own window when it wants a port. */
export const PORT_WANTED = "chargehand:port-wanted";
/** Posted by the preload to the page, with exactly one port; and the channel on which the preload gives the other end to the engine. */
export const PORT_HANDED = "chargehand:port";
