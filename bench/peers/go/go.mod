module simul-go

go 1.19
