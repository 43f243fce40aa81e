import express from "express";

express().get("/", (request, response) => { response.send("hello"); }).listen(8080);
