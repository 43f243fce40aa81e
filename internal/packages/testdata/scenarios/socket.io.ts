import { Server } from "socket.io";

new Server(8080).on("connection", (socket) => { socket.emit("hello"); });
